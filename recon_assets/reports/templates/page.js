// Filters the summary and the outputs; the page is whole without it.
"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const [find, verdict, unexpected, shown] = ["find", "verdict", "unexpected", "shown"].map((id) => document.getElementById(id));
  const rows = [...document.querySelectorAll("tr[data-output]")];
  const apply = () => {
    const words = find.value.toLowerCase().split(/\s+/);
    let kept = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const keep = words.every((word) => text.includes(word))
        && (!verdict.value || row.dataset.verdict === verdict.value)
        && (!unexpected.checked || row.dataset.expected === "false");
      row.hidden = !keep;
      document.getElementById(row.dataset.output).hidden = !keep;
      kept += keep;
    }
    shown.textContent = kept === rows.length ? "" : `${kept} of ${rows.length}`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
