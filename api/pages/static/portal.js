/* Room: small comforts of the employer's portal. Every page does its work without this file. */
"use strict";
document.documentElement.classList.add("scripted");

document.addEventListener("DOMContentLoaded", () => {
  const prefix = document.body.dataset.prefix;
  const asked = (address) => fetch(address, { credentials: "same-origin" }).then((r) => (r.ok ? r.json() : Promise.reject(r)));

  // Questions that depend on another answer are shown when that answer is given.
  for (const part of document.querySelectorAll("[data-when]")) {
    const form = part.closest("form");
    const wanted = part.dataset.in.split(" ");
    const look = () => {
      const given = new FormData(form).get(part.dataset.when);
      part.classList.toggle("unasked", !wanted.includes(given));
    };
    form.addEventListener("change", look);
    look();
  }

  // Choosing a province fills the list of its places.
  for (const pair of document.querySelectorAll("[data-region]")) {
    const [province, place] = pair.querySelectorAll("select");
    province.addEventListener("change", () => {
      const wanted = province.value;
      place.replaceChildren(new Option(wanted ? "请选择市、区（县）" : "请先选择省份", ""));
      if (!wanted) return;
      asked(`${prefix}/regions?province=${encodeURIComponent(wanted)}`)
        .then((groups) => {
          if (province.value !== wanted) return;
          for (const [name, places] of groups) {
            let parent = place;
            if (name) {
              parent = document.createElement("optgroup");
              parent.label = name;
              place.append(parent);
            }
            for (const [code, label] of places) parent.append(new Option(label, code));
          }
        })
        .catch(() => pair.classList.add("by-hand"));
    });
  }

  // While a school's name is typed, its list follows.
  for (const list of document.querySelectorAll("[data-schools]")) {
    const field = document.querySelector(`[list="${list.id}"]`);
    let waiting = 0;
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      const text = field.value.trim();
      if (text.length < 2 || /^\d{5} /.test(text)) return;
      waiting = setTimeout(() => {
        asked(`${prefix}/schools?q=${encodeURIComponent(text)}`)
          .then((names) => {
            if (field.value.trim() !== text) return;
            list.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
          })
          .catch(() => {});
      }, 250);
    });
  }

  // A file that is too large is said at once: sending it would cost minutes and what was typed.
  for (const input of document.querySelectorAll("input[type=file][data-most]")) {
    const most = Number(input.dataset.most);
    const said = Object.assign(document.createElement("p"), { className: "fault" });
    said.setAttribute("aria-live", "assertive");
    input.closest(".field").append(said);
    input.addEventListener("change", () => {
      const large = [...input.files].filter((file) => file.size > most).map((file) => `“${file.name}”`);
      said.textContent = large.length ? `${large.join("、")}超过 ${most / 1048576} MB，没有选入，请缩小后重新选择。` : "";
      if (large.length) input.value = "";
    });
  }

  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());

  // A second click while the first is on its way does nothing.
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.classList.contains("on-its-way")) event.preventDefault();
      form.classList.add("on-its-way");
    });
  }
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll(".on-its-way")) form.classList.remove("on-its-way");
  });
});
