// Room: drawing one entry of the chat. Everything is built from text nodes: replies are never treated as HTML.

const ZONE = { timeZone: "Asia/Shanghai" };
const CLOCK = new Intl.DateTimeFormat("zh-CN", { ...ZONE, hour: "2-digit", minute: "2-digit", hour12: false });
const DAY = new Intl.DateTimeFormat("zh-CN", { ...ZONE, month: "long", day: "numeric" });
const GAP = 5 * 60 * 1000;
const LINK = /<a\b([^>]*)>([\s\S]*?)<\/a>/gi;
const BARE_LINK = /https?:\/\/[^\s<>"，。；、（）]+/g;

export function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function timeText(iso) {
  const at = new Date(iso);
  const today = DAY.format(new Date()) === DAY.format(at);
  return today ? CLOCK.format(at) : `${DAY.format(at)} ${CLOCK.format(at)}`;
}

export function needsTime(previous, entry) {
  return !previous || new Date(entry.at) - new Date(previous.at) > GAP;
}

export function openAddress(openid, url) {
  return `/phone/open?${new URLSearchParams({ openid, to: url })}`;
}

// `doing`: {openid, tap(id, text), view(url)}
export function renderEntry(entry, doing) {
  if (entry.side === "system") return el("p", "notice", entry.text);
  const bubble = BODIES[entry.kind]?.(entry, doing) ?? el("div", "bubble", "［暂不支持的消息］");
  const face = entry.side === "user" ? el("span", "face mine", doing.initial) : accountFace();
  face.setAttribute("aria-hidden", "true");
  const row = el("div", `row ${entry.side}`, face, bubble);
  row.dataset.kind = entry.kind;
  return row;
}

const BODIES = {
  text: (entry, doing) => el("div", "bubble", ...richText(entry.text, doing)),
  template: templateCard,
  news: (entry, doing) => el("div", "stack", ...entry.articles.map((article) => newsCard(article, doing))),
  msgmenu: menuCard,
};

function accountFace() {
  const image = el("img", "face");
  image.src = "/phone/static/icon.svg";
  image.alt = "";
  return image;
}

function richText(text, doing) {
  const parts = [];
  let at = 0;
  for (const hit of text.matchAll(LINK)) {
    parts.push(...plainText(text.slice(at, hit.index), doing), anchor(hit[1], hit[2], doing));
    at = hit.index + hit[0].length;
  }
  parts.push(...plainText(text.slice(at), doing));
  return parts;
}

function plainText(text, doing) {
  const parts = [];
  let at = 0;
  for (const hit of text.matchAll(BARE_LINK)) {
    parts.push(decode(text.slice(at, hit.index)), webLink(decode(hit[0]), decode(hit[0]), doing));
    at = hit.index + hit[0].length;
  }
  parts.push(decode(text.slice(at)));
  return parts;
}

function anchor(attributes, label, doing) {
  const href = decode(/href\s*=\s*"([^"]*)"|href\s*=\s*'([^']*)'/i.exec(attributes)?.slice(1).find(Boolean) ?? "");
  const text = decode(label.replace(/<[^>]*>/g, ""));
  if (href.startsWith("weixin://bizmsgmenu?")) {
    const query = new URLSearchParams(href.slice(href.indexOf("?") + 1));
    return tapLink(text, query.get("msgmenuid") ?? "0", query.get("msgmenucontent") ?? text, doing);
  }
  return /^https?:\/\//.test(href) ? webLink(href, text, doing) : text;
}

function webLink(url, label, doing) {
  const link = el("a", "", label);
  link.href = openAddress(doing.openid, url);
  link.target = "_blank";
  link.rel = "noopener";
  return link;
}

function tapLink(label, id, content, doing) {
  const button = el("button", "tap", label);
  button.type = "button";
  button.addEventListener("click", () => doing.tap(id, content));
  return button;
}

// The four entities that our replies and people's texts may carry; nothing else is interpreted.
function decode(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&amp;/g, "&");
}

function templateCard(entry, doing) {
  const rows = entry.fields.map(([label, value]) =>
    el("div", "field", label ? el("dt", "", label) : null, el("dd", label ? "" : "whole", value)));
  const card = el("div", "card", el("h3", "", entry.title), el("p", "when", timeText(entry.at)), el("dl", "", ...rows));
  if (entry.url) card.append(cardLink(entry.url, "查看详情", doing));
  return card;
}

function newsCard(article, doing) {
  const card = el("div", "card", el("h3", "", article.title), el("p", "", article.description));
  if (article.url) card.append(cardLink(article.url, "阅读全文", doing));
  return card;
}

function cardLink(url, label, doing) {
  const link = webLink(url, label, doing);
  link.className = "card-link";
  return link;
}

function menuCard(entry, doing) {
  const { head_content: head, list = [], tail_content: tail } = entry.menu;
  const lines = list.map((line) => el("li", "", tapLink(line.content, line.id, line.content, doing)));
  return el("div", "bubble", ...(head ? richText(head, doing) : []), el("ul", "lines", ...lines),
    ...(tail ? richText(tail, doing) : []));
}
