// The cohort that was chosen, kept for other tabs and for a page that is loaded anew. Data: {name, cohort}, 0: none yet.
export default function ({ data }) {
  if (!data.cohort) return;
  const safe = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${data.name}=${data.cohort}; path=/; max-age=31536000; SameSite=Lax${safe}`;
}
