/** Colours of either theme have a contrast of at least 4.5 : 1 for text (WCAG 2.2, 1.4.3). */
export const STYLE = `
:root { color-scheme: light dark; --ink: #222; --soft: #5a5a5a; --paper: #fff; --line: #d8d8d8; --tint: #f5f6f7;
  --serious: #a4161a; --warning: #8a5300; --note: #5a5a5a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --soft: #a8a8a8; --paper: #17191c; --line: #3a3d42; --tint: #1f2226;
    --serious: #ff8a80; --warning: #ffc266; --note: #a8a8a8; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, Helvetica, Arial, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .7rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p { max-width: 48rem; }
.lead { margin: 0; color: var(--soft); }
figure { margin: 1rem 0; }
figure > svg { display: block; width: 100%; height: auto; color: var(--ink); }
figcaption { color: var(--soft); font-size: .85rem; }
.table { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); font-size: .85rem; padding-bottom: .3rem; }
th, td { padding: .22rem .8rem .22rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap;
  vertical-align: top; }
th:first-child, td:first-child, .text { text-align: left; }
td.text, td:first-child { white-space: normal; overflow-wrap: anywhere; }
tr.total td { font-weight: 600; }
ul.findings { list-style: none; margin: 0; padding: 0; }
ul.findings li { display: grid; grid-template-columns: 5.2rem 1fr; gap: .6rem; padding: .5rem 0;
  border-bottom: 1px solid var(--line); break-inside: avoid; }
.mark { font-weight: 600; }
.serious .mark { color: var(--serious); }
.warning .mark { color: var(--warning); }
.note .mark { color: var(--note); }
.examples { color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
.other { color: var(--serious); font-weight: 600; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr)); gap: .8rem; }
.pictures figure { margin: 0; }
.pictures img { display: block; width: 100%; height: 8rem; image-rendering: pixelated; border-radius: 3px; }
code { font: .9em ui-monospace, monospace; background: var(--tint); padding: .05rem .25rem; border-radius: 3px; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media print {
  :root { --ink: #000; --soft: #444; --paper: #fff; --line: #ccc; --tint: #fff; }
  main { max-width: none; padding: 0; }
  figure, tr, h2, h3 { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`;

/** What tells that a file is such a page, which may be written over. */
export const PAGE_MARK = '<meta name="generator" content="pcg-engine data inspect">';
