/** The style of reports: the window's colours, light or dark as the reader's system is. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #f6f7f7; --surface: #ffffff; --hairline: #dfe3e3; --text: #1b2222; --muted: #5a6565;
  --accent: #0f766e; --training: #7fc4bd; --validation: #0b5750; --error: #c2410c; --average: #b45309;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #121616; --surface: #191e1e; --hairline: #2f3838; --text: #e8eded; --muted: #9aa7a7;
    --accent: #2dd4bf; --training: #3f9c91; --validation: #4fe3d0; --error: #fb923c; --average: #fbbf24;
  }
}
* { box-sizing: border-box; }
body {
  max-width: 1180px; margin: 0 auto; padding: 24px; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1 { margin: 0; font-size: 26px; overflow-wrap: anywhere; }
h2 { margin: 0 0 12px; font-size: 19px; }
h3 { margin: 0 0 8px; font-size: 15px; overflow-wrap: anywhere; }
section > h3 { margin-top: 20px; }
p { margin: 0 0 12px; }
header p { margin: 4px 0 12px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; }
a { color: var(--accent); }
.muted, figcaption, dt { color: var(--muted); }
.note { max-width: 80ch; font-size: 14px; }
section { margin-top: 20px; padding: 18px 20px; border: 1px solid var(--hairline); border-radius: 6px; background: var(--surface); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; margin: 0 0 16px; }
.facts dt { font-size: 13px; }
.facts dd { margin: 0; font-size: 17px; font-weight: 600; overflow-wrap: anywhere; }
figure { margin: 0; min-width: 0; }
figcaption { margin-top: 4px; font-size: 13px; overflow-wrap: anywhere; }
img { display: block; max-width: 100%; height: auto; }
img.pixels { image-rendering: pixelated; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--muted); font-size: 12px; font-family: inherit; }
svg text.strong { fill: var(--text); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 20px; }
.small-charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 310px), 1fr)); gap: 20px; margin-top: 20px; }
.thumbnails { display: grid; grid-template-columns: repeat(auto-fill, minmax(120px, 1fr)); gap: 14px; }
.thumbnails img { width: 100%; height: 110px; object-fit: contain; object-position: left; }
.maps { display: grid; margin-top: 12px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 220px), 1fr)); gap: 16px; align-items: start; }
.maps img { width: 100%; }
.image { padding: 16px 0; border-top: 1px solid var(--hairline); }
.image:first-of-type { padding-top: 0; border-top: 0; }
.prediction { display: grid; max-width: 480px; grid-template-columns: minmax(0, 1fr) auto; gap: 0 8px; margin-bottom: 6px; font-size: 14px; }
.prediction span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.prediction svg { grid-column: span 2; height: 6px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--hairline); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--muted); font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
details { margin-top: 12px; }
summary { cursor: pointer; color: var(--accent); }
pre { overflow-x: auto; padding: 12px; border: 1px solid var(--hairline); border-radius: 6px; font-size: 13px; }
@media print { body { max-width: none; padding: 0; } section { break-inside: avoid-page; } nav { display: none; } }
`
