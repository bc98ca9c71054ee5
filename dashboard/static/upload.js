// One file handed in. Data: {address, accept, words, busy, most}. Answers with {status, body} once it has been taken.
export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".upload");
  const text = JSON.stringify(data);
  if (place.shownText === text) return;
  place.shownText = text;

  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "file", accept: data.accept });
  const words = Object.assign(document.createElement("span"), { textContent: data.words, className: "button" });
  const said = Object.assign(document.createElement("span"), { className: "said", ariaLive: "polite" });
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0, hidden: true });
  label.append(input, words);
  place.replaceChildren(label, bar, said);

  const rest = (sentence) => {
    said.textContent = sentence;
    bar.hidden = true;
    input.disabled = false;
    input.value = "";
  };
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (!file) return;
    if (file.size > data.most) return rest(`文件超过 ${Math.round(data.most / 1048576)} MB，请精简后再上传。`);
    const sent = new XMLHttpRequest();
    sent.open("POST", data.address);
    sent.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    sent.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
    sent.addEventListener("load", () => {
      let body = {};
      try { body = JSON.parse(sent.responseText); } catch { body = {}; }
      rest(sent.status < 300 ? "已上传" : body.sentence || "上传没有成功，请重试。");
      if (sent.status < 300) setTriggerValue("taken", { ...body, name: file.name });
    });
    sent.addEventListener("error", () => rest("连接中断，没有上传成功，请重试。"));
    said.textContent = `正在上传“${file.name}”`;
    bar.hidden = false;
    input.disabled = true;
    sent.send(file);
  });
}
