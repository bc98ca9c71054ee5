/* Room: comforts of the phone's forms: uploads in parts with their progress, questions that come and go. Every page does
   its work without this file. */
"use strict";
document.documentElement.classList.add("scripted");

const PART = 512 * 1024; // bytes of one part: a lost line costs no more
const TRIES = 6; // of one part, each after a longer pause

function sleep(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

// Questions that depend on another answer are shown when that answer is given.
for (const part of document.querySelectorAll("[data-when]")) {
  const form = part.closest("form");
  const wanted = part.dataset.in.split(" ");
  const look = () => part.classList.toggle("unasked", !wanted.includes(new FormData(form).get(part.dataset.when)));
  form.addEventListener("change", look);
  look();
}

// Choosing a province fills the list of its places.
for (const pair of document.querySelectorAll("[data-region]")) {
  const [province, place] = pair.querySelectorAll("select");
  province.addEventListener("change", async () => {
    const wanted = province.value;
    place.replaceChildren(new Option(wanted ? "请选择市、区（县）" : "请先选择省份", ""));
    if (!wanted) return;
    const answer = await fetch(`/m/regions?province=${encodeURIComponent(wanted)}`).catch(() => null);
    if (!answer || !answer.ok) {
      pair.querySelector(".noscript").classList.remove("noscript"); // the button does it instead
      return;
    }
    if (province.value !== wanted) return;
    for (const [name, places] of await answer.json()) {
      let parent = place;
      if (name) {
        parent = Object.assign(document.createElement("optgroup"), { label: name });
        place.append(parent);
      }
      for (const [code, label] of places) parent.append(new Option(label, code));
    }
  });
}

// A code that is being scanned: the page is drawn anew when the phone has come further.
for (const line of document.querySelectorAll("[data-stage]")) {
  setInterval(async () => {
    const answer = await fetch("/m/account/wechat/stage").catch(() => null);
    if (answer && answer.ok && (await answer.json()).stage !== line.dataset.stage) location.reload();
  }, 2000);
}

// --- uploads

class Refusal extends Error {}

// The line failed too often; what has arrived is kept, and the same file goes on from there when it is chosen again.
class Lost extends Refusal {}
const cutOff = new Map();

function mark(form) {
  return form.elements.csrf.value;
}

async function told(answer) {
  if (answer.status === 401) return new Refusal("登录已过期。请先点“暂存”，重新进入后再上传。");
  const said = await answer.json().catch(() => ({}));
  const fault = said.faults && said.faults[0];
  return new Refusal((fault && fault.message) || said.detail || "上传没有成功，请重新选择文件。");
}

async function begin(form, file) {
  const answer = await fetch("/m/files", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Form-Mark": mark(form) },
    body: JSON.stringify({ name: file.name, total: file.size }),
  });
  if (!answer.ok) throw await told(answer);
  return (await answer.json()).id;
}

async function standing(id) {
  const answer = await fetch(`/m/files/${id}/state`).catch(() => null);
  return answer && answer.ok ? answer.json() : null;
}

async function online() {
  if (navigator.onLine) return;
  await new Promise((back) => addEventListener("online", back, { once: true }));
}

// One part; what was lost on the way is asked for and sent again from where it stopped.
async function part(form, id, file, offset, progress) {
  for (let tried = 1; ; tried += 1) {
    try {
      const answer = await fetch(`/m/files/${id}`, {
        method: "PATCH",
        headers: {
          "Content-Type": "application/offset+octet-stream",
          "Upload-Offset": String(offset),
          "X-Form-Mark": mark(form),
        },
        body: file.slice(offset, offset + PART),
      });
      if (answer.ok) return await answer.json();
      if (![408, 409, 503].includes(answer.status)) throw await told(answer);
    } catch (wrong) {
      if (wrong instanceof Refusal) throw wrong;
    }
    if (tried >= TRIES) throw new Lost("网络不稳定，没有传完。稍后重新选择这个文件，从断开处继续上传。");
    progress(offset, "，网络不稳定，恢复后自动继续");
    await online();
    await sleep(400 * 2 ** tried);
    const known = await standing(id);
    if (known && known.done) return known;
    if (known) offset = known.offset;
  }
}

async function send(form, file, progress) {
  if (!file.size) throw new Refusal("文件是空的，请重新选择。");
  const alike = `${file.name} ${file.size} ${file.lastModified}`;
  const before = cutOff.get(alike);
  cutOff.delete(alike);
  let known = (before && (await standing(before))) || { id: await begin(form, file), offset: 0, done: false };
  const { id } = known;
  try {
    while (!known.done) {
      progress(known.offset, "");
      known = await part(form, id, file, known.offset, progress);
    }
  } catch (wrong) {
    if (wrong instanceof Lost) cutOff.set(alike, id);
    throw wrong;
  }
  return known;
}

function row(field, known) {
  const line = document.createElement("li");
  line.dataset.id = known.id;
  if (known.media === "image/jpeg") {
    line.append(Object.assign(new Image(56, 56), { src: `/m/files/${known.id}`, alt: "" }));
  }
  const name = Object.assign(document.createElement("a"), {
    className: "file-name",
    href: `/m/files/${known.id}`,
    textContent: known.name,
  });
  const button = Object.assign(document.createElement("button"), {
    className: "small",
    name: "remove",
    value: `${field}:${known.id}`,
    formNoValidate: true,
    textContent: "移除",
  });
  line.append(name, button);
  return line;
}

for (const group of document.querySelectorAll("[data-files]")) {
  const field = group.dataset.files;
  const form = group.closest("form");
  const ids = form.elements[field];
  const list = group.querySelector(".files");
  const chosen = group.querySelector("input[type=file]");
  const status = group.querySelector(".progress");
  const say = (text) => {
    status.hidden = false;
    status.textContent = text;
  };
  const kept = () => ids.value.split(" ").filter(Boolean);
  chosen.addEventListener("change", async () => {
    const files = [...chosen.files];
    chosen.value = "";
    chosen.disabled = true;
    form.dataset.uploading = "1";
    const refused = [];
    let done = 0;
    for (const [place, file] of files.entries()) {
      try {
        const known = await send(form, file, (offset, trouble) =>
          say(`正在上传第 ${place + 1} 个，共 ${files.length} 个：${Math.floor((100 * offset) / file.size)}%${trouble}`),
        );
        ids.value = [...kept(), known.id].join(" ");
        list.append(row(field, known));
        done += 1;
      } catch (wrong) {
        refused.push(`“${file.name}”：${wrong instanceof Refusal ? wrong.message : "上传没有成功，请重新选择文件。"}`);
      }
    }
    say([done ? `已上传 ${done} 个文件。` : "", ...refused].join(""));
    chosen.disabled = false;
    delete form.dataset.uploading;
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=remove]");
    if (!button) return;
    event.preventDefault();
    const line = button.closest("li");
    ids.value = kept().filter((id) => id !== line.dataset.id).join(" ");
    fetch(`/m/files/${line.dataset.id}`, { method: "DELETE", headers: { "X-Form-Mark": mark(form) } }).catch(() => {});
    line.remove();
    say("已移除。");
  });
  form.addEventListener("submit", (event) => {
    if (!form.dataset.uploading) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say("文件还在上传，请等上传完成后再提交。");
    status.scrollIntoView({ block: "center" });
  });
}

// A second tap while the first is on its way does nothing.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.classList.contains("on-its-way")) event.preventDefault();
    form.classList.add("on-its-way");
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll(".on-its-way")) form.classList.remove("on-its-way");
});
