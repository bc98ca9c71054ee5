// One table of records. Data: {label, bulk, columns: [{title, kind}], rows: [{id, cells: [text], marks, button, pick}]}.
// `bulk`: the words of the button for picked rows; empty: nothing can be picked.
export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".rows");
  const text = JSON.stringify(data);
  if (place.shownText === text) return;
  place.shownText = text;
  // A list that is drawn anew keeps what was ticked and where one was.
  const root = place.getRootNode();
  const ticked = new Set([...place.querySelectorAll("td input:checked")].map((box) => box.value));
  const stood = root.activeElement && place.contains(root.activeElement) ? root.activeElement.dataset.row : undefined;

  const make = (name, content, rest) => {
    const node = document.createElement(name);
    if (content !== undefined) node.textContent = content;
    return Object.assign(node, rest || {});
  };
  const heading = (title) => make("th", title, { scope: "col" });
  const boxes = [];
  const bar = make("div", undefined, { className: "bar" });
  const said = make("span", "", { ariaLive: "polite" });
  const go = make("button", data.bulk, { type: "button", className: "go" });
  const count = () => {
    const picked = boxes.filter((box) => box.checked);
    said.textContent = picked.length ? `已选 ${picked.length} 条` : "勾选后可以批量办理";
    go.disabled = !picked.length;
  };
  go.addEventListener("click", () => setTriggerValue("picked", boxes.filter((box) => box.checked).map((box) => box.value)));

  const table = make("table");
  table.setAttribute("aria-label", data.label);
  const head = make("tr");
  if (data.bulk) {
    const all = make("input", undefined, { type: "checkbox", ariaLabel: "全选本页" });
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked && !box.disabled;
      count();
    });
    const cell = heading();
    cell.append(all);
    head.append(cell);
  }
  for (const { title } of data.columns) head.append(heading(title));
  const opens = data.rows.some((row) => row.button);
  if (opens) head.append(heading("操作"));
  const thead = make("thead");
  thead.append(head);

  const body = make("tbody");
  const buttons = [];
  data.rows.forEach((row, index) => {
    const line = make("tr");
    if (data.bulk) {
      const box = make("input", undefined, { type: "checkbox", value: row.id, disabled: !row.pick });
      box.checked = row.pick && ticked.has(row.id);
      box.setAttribute("aria-label", `选择 ${row.cells.join(" ")}`);
      if (!row.pick) box.title = "需要逐条审核";
      box.addEventListener("change", count);
      boxes.push(box);
      const cell = make("td");
      cell.addEventListener("click", (event) => event.stopPropagation());
      cell.append(box);
      line.append(cell);
    }
    row.cells.forEach((value, place) => {
      line.append(make("td", value, { className: data.columns[place].kind }));
    });
    if (row.marks.length) {
      const marks = make("div", undefined, { className: "marks" });
      for (const { text, tone } of row.marks) marks.append(make("span", text, { className: `mark ${tone}` }));
      line.lastElementChild.append(marks);
    }
    if (row.button) {
      const button = make("button", row.button, { type: "button" });
      button.setAttribute("aria-label", `${row.button} ${row.cells.join(" ")}`);
      button.dataset.row = row.id;
      const own = buttons.push(button) - 1;
      button.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const next = step && buttons[own + step];
        if (!next) return;
        event.preventDefault();
        next.focus();
      });
      const cell = make("td");
      cell.append(button);
      line.append(cell);
      line.className = "opens";
      line.addEventListener("click", () => {
        if (String(getSelection()) === "") setTriggerValue("opened", row.id);
      });
    }
    body.append(line);
  });
  table.append(thead, body);
  bar.append(go, said);
  count();
  place.replaceChildren(...(data.bulk ? [bar, table] : [table]));
  if (stood) buttons.find((button) => button.dataset.row === stood)?.focus();
}
