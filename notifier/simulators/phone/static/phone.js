// Room: the phone's page: whose phone it is, what is new, what a tap or a text sends. Polls; knows no service address.

import { el, needsTime, openAddress, renderEntry, timeText } from "./render.js";

const $ = (id) => document.getElementById(id);
const POLL = 900;
const POLL_HIDDEN = 5000;
const POLL_ANSWER = 120; // after a tap or a text, until the account has answered
const ANSWERS_WITHIN = 3000;
const PEOPLE_POLL = 4000;

const state = { openid: "", people: [], total: 0, after: 0, sms: 0, last: null, menu: "", following: true, seen: read("seen", {}), turn: 0, awaiting: 0 };

function read(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(`phone-${name}`)) ?? fallback;
  } catch {
    return fallback;
  }
}

function keep(name, value) {
  localStorage.setItem(`phone-${name}`, JSON.stringify(value));
}

async function api(path, value) {
  const asked = value === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ value }) };
  const response = await fetch(path, asked);
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

function act(action, value = "") {
  closePopups();
  return api(`/phone/chat/${encodeURIComponent(state.openid)}/${action}`, value).then((answer) => {
    state.awaiting = Date.now() + ANSWERS_WITHIN;
    poll();
    return answer;
  }, () => notice("没有发出去，请确认沙箱还在运行"));
}

// --- people -------------------------------------------------------------------------------------

async function loadPeople() {
  const wanted = $("people-search").value.trim();
  const { personas, total, links } = await api(`/phone/personas?${new URLSearchParams({ q: wanted })}`);
  if (wanted !== $("people-search").value.trim()) return;
  Object.assign(state, { people: personas, total });
  drawPeople();
  $("links").replaceChildren(...links.map(({ label, url }) => {
    const link = el("a", "", label);
    link.href = url;
    link.target = "_blank";
    link.rel = "noopener";
    return link;
  }));
}

function drawPeople() {
  const rows = state.people.map((one) => {
    const button = el("button", "person", el("span", "face mine", one.name.slice(0, 1)),
      el("span", "person-text", el("b", "", one.name), el("span", "", one.label || one.mobile),
        one.tip ? el("span", "tip", `可试：${one.tip}`) : null));
    button.type = "button";
    button.setAttribute("aria-pressed", String(one.openid === state.openid));
    if (one.openid !== state.openid && one.last > (state.seen[one.openid] ?? 0)) {
      button.append(el("span", "dot", el("span", "visually-hidden", "有新消息")));
    }
    button.addEventListener("click", () => choose(one.openid));
    return el("li", "", button);
  });
  const more = state.total - state.people.length;
  if (more > 0) rows.push(el("li", "hint", `还有 ${more} 位，请输入姓名查找`));
  if (!rows.length) rows.push(el("li", "hint", $("people-search").value ? "没有找到" : "还没有人，请先新建一位"));
  const list = $("people-list");
  const focused = [...list.querySelectorAll("button")].indexOf(document.activeElement);
  list.replaceChildren(...rows);
  if (focused >= 0) list.querySelectorAll("button")[focused]?.focus();
}

function choose(openid) {
  Object.assign(state, { openid, after: 0, sms: 0, last: null, turn: state.turn + 1 });
  keep("openid", openid);
  $("chat").replaceChildren();
  $("sms-list").replaceChildren();
  badge(0);
  closePanels();
  drawPeople();
  poll();
}

// --- what is new --------------------------------------------------------------------------------

let timer = 0;

async function poll() {
  clearTimeout(timer);
  const turn = state.turn;
  if (state.openid) {
    try {
      const news = await api(`/phone/chat/${encodeURIComponent(state.openid)}?after=${state.after}&sms=${state.sms}`);
      if (turn === state.turn) show(news);
    } catch {
      // The sandbox is being restarted: the next turn asks again.
    }
  }
  clearTimeout(timer);
  timer = setTimeout(poll, Date.now() < state.awaiting ? POLL_ANSWER : document.hidden ? POLL_HIDDEN : POLL);
}

function show(news) {
  const { persona, entries, sms, sms_total: total, menu } = news;
  $("who").textContent = `${persona.name} 的微信`;
  drawMenu(menu);
  drawFollowing(persona.following);
  const chat = $("chat");
  const first = state.after === 0;
  const low = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  const doing = {
    openid: persona.openid,
    initial: persona.name.slice(0, 1),
    tap: (id, text) => act("tap", `${id}|${text}`),
  };
  const fresh = entries.filter((entry) => entry.id > state.after);
  if (fresh.some((entry) => entry.side !== "user")) state.awaiting = 0;
  for (const entry of fresh) {
    if (needsTime(state.last, entry)) chat.append(el("p", "time", timeText(entry.at)));
    chat.append(renderEntry(entry, doing));
    state.last = entry;
    state.after = entry.id;
  }
  if (first && !chat.childElementCount) chat.append(el("p", "notice", "还没有消息。点下方菜单，或切换到键盘打字。"));
  if (fresh.length && (first || low || fresh.some((entry) => entry.side === "user"))) chat.scrollTop = chat.scrollHeight;
  state.seen[persona.openid] = state.after;
  keep("seen", state.seen);
  showSms(persona, sms, total);
}

function showSms(persona, texts, total) {
  $("sms-number").textContent = persona.mobile ? `${persona.mobile} 收到的短信` : "这位微信用户没有登记手机号";
  const first = state.sms === 0 && !$("sms-list").childElementCount;
  if (total < state.sms + texts.length) return;
  for (const text of texts) {
    $("sms-list").append(el("li", "", el("p", "time", timeText(text.at)), el("p", "sms-text", text.text)));
  }
  state.sms = total;
  const read = state.seen[`sms:${persona.openid}`] ?? 0;
  if (smsVisible()) markSmsRead();
  else badge(total - read);
  if (texts.length && !first) showBanner(texts.at(-1).text);
}

// --- SMS ----------------------------------------------------------------------------------------

function smsVisible() {
  return getComputedStyle($("sms-panel")).visibility !== "hidden";
}

function markSmsRead() {
  state.seen[`sms:${state.openid}`] = state.sms;
  keep("seen", state.seen);
  badge(0);
}

function badge(count) {
  $("sms-badge").hidden = count <= 0;
  $("sms-badge").textContent = count > 99 ? "99+" : String(count);
}

let bannerTimer = 0;

function showBanner(text) {
  clearTimeout(bannerTimer);
  $("banner").querySelector("span").textContent = text;
  $("banner").hidden = false;
  bannerTimer = setTimeout(() => ($("banner").hidden = true), 8000);
}

// --- menu and text ------------------------------------------------------------------------------

function drawMenu(menu) {
  const text = JSON.stringify(menu);
  if (text === state.menu) return;
  state.menu = text;
  $("menu").replaceChildren(...menu.map((button) => {
    const subs = button.sub_button ?? [];
    const top = el("button", subs.length ? "has-subs" : "", button.name);
    top.type = "button";
    const holder = el("div", "menu-slot", top);
    if (!subs.length) {
      top.addEventListener("click", () => choosePoint(button));
      return holder;
    }
    const sheet = el("div", "submenu", ...subs.map((sub) => {
      const item = el("button", "", sub.name);
      item.type = "button";
      item.setAttribute("role", "menuitem");
      item.addEventListener("click", () => choosePoint(sub));
      return item;
    }));
    sheet.setAttribute("role", "menu");
    sheet.hidden = true;
    top.setAttribute("aria-haspopup", "menu");
    top.setAttribute("aria-expanded", "false");
    top.addEventListener("click", (event) => {
      const wasOpen = !sheet.hidden;
      closePopups();
      sheet.hidden = wasOpen;
      top.setAttribute("aria-expanded", String(!wasOpen));
      event.stopPropagation();
    });
    holder.append(sheet);
    return holder;
  }));
}

function choosePoint(button) {
  if (button.type === "view") {
    window.open(openAddress(state.openid, button.url), "_blank", "noopener");
    act("view", button.url);
  } else {
    act("click", button.key);
  }
}

function drawFollowing(following) {
  state.following = following;
  $("follow").textContent = following ? "取消关注" : "关注公众号";
  $("follow-bar").hidden = following;
  const typing = !$("text-bar").hidden;
  $("menu-bar").hidden = !following || typing;
  if (!following) $("text-bar").hidden = true;
}

function typing(on) {
  $("menu-bar").hidden = on;
  $("text-bar").hidden = !on;
  closePopups();
  if (on) $("text").focus();
}

function notice(text) {
  $("chat").append(el("p", "notice", text));
  $("chat").scrollTop = $("chat").scrollHeight;
}

// --- panels and popups --------------------------------------------------------------------------

function closePopups() {
  for (const sheet of document.querySelectorAll(".submenu, .more-menu")) sheet.hidden = true;
  for (const button of document.querySelectorAll("[aria-expanded=true]")) button.setAttribute("aria-expanded", "false");
}

function openPanel(id) {
  closePanels();
  $(id).classList.add("open");
  $(id).querySelector(".panel-close").focus();
  if (id === "sms-panel") markSmsRead();
}

function closePanels() {
  for (const panel of document.querySelectorAll(".panel")) panel.classList.remove("open");
}

function openScan(code = "") {
  closePopups();
  $("scan-code").value = code;
  $("scan-fault").textContent = "";
  listCodes();
  $("scan-dialog").showModal();
}

// A camera is held at what is shown somewhere; here the codes that were made last are listed.
async function listCodes() {
  const { codes } = await api("/phone/codes").catch(() => ({ codes: [] }));
  $("scan-list").replaceChildren(...codes.map(({ code, kind, made_at: at }) => {
    const button = el("button", "", at ? `${kind}，${timeText(at)}出示` : kind);
    button.type = "button";
    button.addEventListener("click", () => {
      $("scan-code").value = code;
      scan();
    });
    return el("li", "", button);
  }));
  $("scan-codes").hidden = !codes.length;
}

async function scan(event) {
  event?.preventDefault();
  if (!state.openid) {
    $("scan-fault").textContent = "请先选一位演示身份，再识别。";
    return;
  }
  const answer = await act("scan", $("scan-code").value);
  if (answer?.ok) $("scan-dialog").close();
  else $("scan-fault").textContent = answer?.message ?? "没有识别成功，请再试一次。";
}

function wire() {
  $("people-search").addEventListener("input", () => loadPeople().catch(() => {}));
  $("new-visitor").addEventListener("click", async () => {
    const made = await api("/phone/personas", "");
    $("people-search").value = "";
    await loadPeople();
    choose(made.openid);
  });
  $("open-people").addEventListener("click", () => openPanel("people-panel"));
  $("open-sms").addEventListener("click", () => openPanel("sms-panel"));
  $("banner").addEventListener("click", () => {
    $("banner").hidden = true;
    openPanel("sms-panel");
  });
  for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", closePanels);
  $("open-more").addEventListener("click", (event) => {
    const wasOpen = !$("more-menu").hidden;
    closePopups();
    $("more-menu").hidden = wasOpen;
    $("open-more").setAttribute("aria-expanded", String(!wasOpen));
    event.stopPropagation();
  });
  document.addEventListener("click", closePopups);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      closePopups();
      closePanels();
    }
  });
  $("follow").addEventListener("click", () => act(state.following ? "unsubscribe" : "subscribe"));
  $("follow-now").addEventListener("click", () => act("subscribe"));
  $("scan").addEventListener("click", () => openScan());
  $("scan-cancel").addEventListener("click", () => $("scan-dialog").close());
  $("scan-form").addEventListener("submit", scan);
  $("to-text").addEventListener("click", () => typing(true));
  $("to-menu").addEventListener("click", () => typing(false));
  $("text").addEventListener("input", () => ($("send").disabled = !$("text").value.trim()));
  $("text-bar").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $("text").value.trim();
    if (!text) return;
    $("text").value = "";
    $("send").disabled = true;
    act("text", text);
  });
  document.addEventListener("visibilitychange", poll);
}

function tick() {
  $("status-clock").textContent = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false }).format(new Date());
}

// The wanted person need not be on the list's first page; an unknown one (another sandbox's) gives way to the first.
async function firstOpenid(wanted) {
  const known = wanted && (await fetch(`/phone/chat/${encodeURIComponent(wanted)}`).then((answer) => answer.ok, () => false));
  return known ? wanted : state.people[0]?.openid;
}

async function start() {
  wire();
  tick();
  setInterval(tick, 15000);
  setInterval(() => document.hidden || loadPeople().catch(() => {}), PEOPLE_POLL);
  await loadPeople().catch(() => notice("连不上沙箱，请确认它还在运行"));
  const query = new URLSearchParams(location.search);
  const openid = await firstOpenid(query.get("as") ?? read("openid", ""));
  if (openid) choose(openid);
  else notice("还没有演示身份，请在“演示身份”里新建一位微信用户。");
  if (query.get("scan")) openScan(query.get("scan"));
}

start();
