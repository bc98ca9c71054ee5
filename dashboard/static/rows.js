// One table of records. Data: {label, columns: [{title, whole}], rows: [{id, cells: [text], mark, button}]}.
export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".rows");
  const text = JSON.stringify(data);
  if (place.shownText === text) return;
  place.shownText = text;

  const make = (name, content) => {
    const node = document.createElement(name);
    if (content !== undefined) node.textContent = content;
    return node;
  };
  const table = make("table");
  table.setAttribute("aria-label", data.label);
  const head = make("tr");
  for (const { title } of [...data.columns, { title: "操作" }]) {
    const cell = make("th", title);
    cell.scope = "col";
    head.append(cell);
  }
  const thead = make("thead");
  thead.append(head);

  const body = make("tbody");
  const buttons = [];
  data.rows.forEach((row, index) => {
    const line = make("tr");
    row.cells.forEach((value, place) => {
      const cell = make("td", value);
      if (data.columns[place].whole) cell.className = "whole";
      line.append(cell);
    });
    if (row.mark) line.lastElementChild.append(Object.assign(make("span", row.mark), { className: "mark" }));
    const button = make("button", row.button);
    button.type = "button";
    button.setAttribute("aria-label", `${row.button} ${row.cells.join(" ")}`);
    buttons.push(button);
    const cell = make("td");
    cell.append(button);
    line.append(cell);
    line.addEventListener("click", () => {
      if (String(getSelection()) === "") setTriggerValue("opened", row.id);
    });
    button.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const next = step && buttons[index + step];
      if (!next) return;
      event.preventDefault();
      next.focus();
    });
    body.append(line);
  });
  table.append(thead, body);
  place.replaceChildren(table);
}
