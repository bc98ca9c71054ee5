// Files of a record. Data: {title, rounds: [{title, files: [{id, label, name, url, picture}]}]}, the latest round first.
// A click on a picture opens it large; two can stand side by side.
export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".pictures");
  const text = JSON.stringify(data);
  if (place.shownText === text) return;
  place.shownText = text;

  const make = (name, content, rest) => {
    const node = document.createElement(name);
    if (content !== undefined) node.textContent = content;
    return Object.assign(node, rest || {});
  };
  const all = data.rounds.flatMap((round) => round.files.filter((f) => f.picture).map((f) => ({ ...f, round: round.title })));
  const state = { at: 0, beside: -1, zoom: 1, turn: 0 };

  const dialog = make("dialog");
  dialog.setAttribute("aria-label", "查看附件");
  const tools = make("div", undefined, { className: "tools" });
  const stage = make("div", undefined, { className: "stage" });
  dialog.append(tools, stage);

  const pane = (file) => {
    const box = make("figure");
    const frame = make("div", undefined, { className: "frame" });
    const image = make("img", undefined, { src: file.url, alt: `${file.label} ${file.name}` });
    image.style.width = `${state.zoom * 100}%`;
    image.style.transform = `rotate(${state.turn}deg)`;
    frame.append(image);
    box.append(make("figcaption", `${file.round}　${file.label}　${file.name}`), frame);
    return box;
  };
  const draw = () => {
    const panes = [pane(all[state.at])];
    if (state.beside >= 0) panes.push(pane(all[state.beside]));
    stage.replaceChildren(...panes);
  };
  const step = (by) => {
    state.at = (state.at + by + all.length) % all.length;
    draw();
  };
  const size = (by) => {
    state.zoom = Math.min(6, Math.max(0.25, state.zoom * by));
    draw();
  };
  // The same question's file of another round, else the neighbour: what one would compare with.
  const partner = () => {
    const here = all[state.at];
    const other = all.findIndex((f) => f.label === here.label && f.round !== here.round);
    return other >= 0 ? other : (state.at + 1) % all.length;
  };
  const does = {
    "上一张": () => step(-1),
    "下一张": () => step(1),
    "放大": () => size(1.25),
    "缩小": () => size(0.8),
    "适合窗口": () => { state.zoom = 1; state.turn = 0; draw(); },
    "旋转": () => { state.turn = (state.turn + 90) % 360; draw(); },
    "并排对照": () => { state.beside = state.beside >= 0 ? -1 : partner(); draw(); },
    "关闭": () => dialog.close(),
  };
  const lonely = new Set(all.length > 1 ? [] : ["上一张", "下一张", "并排对照"]);
  for (const [words, act] of Object.entries(does)) {
    if (lonely.has(words)) continue;
    const button = make("button", words, { type: "button" });
    button.addEventListener("click", act);
    tools.append(button);
  }
  tools.append(make("span", "← → 换图，+ − 缩放，Esc 关闭"));
  dialog.addEventListener("keydown", (event) => {
    const key = { ArrowLeft: "上一张", ArrowRight: "下一张", "+": "放大", "=": "放大", "-": "缩小", "0": "适合窗口" }[event.key];
    if (event.altKey || event.ctrlKey || !key || lonely.has(key)) return;
    event.preventDefault();
    event.stopPropagation();
    does[key]();
  });

  const section = make("section");
  section.append(make("h3", data.title));
  const rounds = make("div", undefined, { className: "rounds" });
  for (const round of data.rounds) {
    const column = make("div", undefined, { className: "round" });
    column.append(make("h4", round.title));
    const files = make("div", undefined, { className: "files" });
    for (const file of round.files) {
      const box = make("figure");
      if (file.picture) {
        const button = make("button", undefined, { type: "button", ariaLabel: `放大查看 ${file.label} ${file.name}` });
        button.append(make("img", undefined, { src: file.url, alt: "", loading: "lazy" }));
        button.addEventListener("click", () => {
          Object.assign(state, { at: all.findIndex((f) => f.id === file.id), beside: -1, zoom: 1, turn: 0 });
          draw();
          dialog.showModal();
        });
        box.append(button);
      } else {
        box.append(make("a", "下载文件", { href: file.url, className: "download" }));
      }
      box.append(make("figcaption", `${file.label}：${file.name}`));
      files.append(box);
    }
    column.append(files);
    rounds.append(column);
  }
  section.append(rounds);
  place.replaceChildren(section, dialog);
}
