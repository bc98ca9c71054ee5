// One table of counts. Data: {title, heads: [text], lines: [{label, figures: [{text, id}]}], total, tall}.
// Drawn again every few seconds: what has the focus and where one has scrolled to stays.
export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".figures");
  const text = JSON.stringify(data);
  if (place.shownText === text) return;
  place.shownText = text;
  const stood = place.getRootNode().activeElement?.dataset?.figure;
  const scrolled = place.querySelector(".scroll")?.scrollTop || 0;

  const make = (name, content, rest) => {
    const node = document.createElement(name);
    if (content !== undefined) node.textContent = content;
    return Object.assign(node, rest || {});
  };
  const table = make("table");
  table.setAttribute("aria-label", data.title);
  const head = make("tr");
  for (const words of data.heads) head.append(make("th", words, { scope: "col" }));
  const thead = make("thead");
  thead.append(head);
  const body = make("tbody");
  data.lines.forEach(({ label, figures }, index) => {
    const line = make("tr", undefined, { className: data.total && index === data.lines.length - 1 ? "total" : "" });
    line.append(make("th", label, { scope: "row" }));
    figures.forEach(({ text: shown, id }, column) => {
      const cell = make("td");
      if (id) {
        const button = make("button", shown, { type: "button", title: "查看名单" });
        button.setAttribute("aria-label", `${label} ${data.heads[column + 1]} ${shown}，查看名单`);
        button.dataset.figure = id;
        button.addEventListener("click", () => setTriggerValue("opened", id));
        cell.append(button);
      } else {
        cell.textContent = shown;
      }
      line.append(cell);
    });
    body.append(line);
  });
  table.append(thead, body);
  const scroll = make("div", undefined, { className: data.tall ? "scroll tall" : "scroll" });
  scroll.append(table);
  place.replaceChildren(make("h3", data.title), scroll);
  scroll.scrollTop = scrolled;
  if (stood) [...place.querySelectorAll("button")].find((one) => one.dataset.figure === stood)?.focus();
}
