// Listens to the charts of the page: a click on a bar, a point, a ring or a stream names what is behind it.
// Streamlit itself only tells of points that can be selected; rings and streams cannot.
// Every mark carries its id as `customdata`; charts come and go, so they are looked for whenever the page changes.
const TWICE = 500; // ms: one click on a ring is told by two events

export default function ({ parentElement, setTriggerValue }) {
  const page = parentElement.ownerDocument;
  let last = { id: "", at: 0 };
  const tell = (event) => {
    const id = event.points?.[0]?.customdata;
    if (typeof id !== "string" || !id || (id === last.id && Date.now() - last.at < TWICE)) return;
    last = { id, at: Date.now() };
    setTriggerValue("clicked", id);
  };
  const listen = () => {
    for (const chart of page.querySelectorAll(".js-plotly-plot")) {
      if (!chart.on) continue;
      const heard = Boolean(chart.wangqianTell);
      chart.wangqianTell = tell;
      if (heard) continue;
      chart.on("plotly_click", (event) => chart.wangqianTell(event));
      chart.on("plotly_sunburstclick", (event) => {
        chart.wangqianTell(event);
        return false; // rings stay as they are: a click opens rows, it does not zoom
      });
    }
  };
  listen();
  const watch = new MutationObserver(listen);
  watch.observe(page.body, { childList: true, subtree: true });
  return () => watch.disconnect();
}
