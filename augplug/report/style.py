"""How the page of a search looks, on light and on dark ground."""

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1d2126; --soft: #5b6570; --line: #d9dee3; --panel: #f5f7f9;
  --accent: #2166ac; --good: #1a7f4b; --poor: #b35806;
  --c0: #0072b2; --c1: #d55e00; --c2: #008563; --c3: #b5579a; --c4: #a07800; --c5: #3d9bd1; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181c; --ink: #e4e8ec; --soft: #9aa5b1; --line: #323942;
  --panel: #1d2227; --accent: #6aa9e0; --good: #4dbd84; --poor: #e39a55;
  --c0: #56a9e8; --c1: #ef8440; --c2: #2fc49a; --c3: #dd8fc2; --c4: #e6b93d; --c5: #9ad5f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
ul { margin: .25rem 0 1rem; padding-left: 1.25rem; font-size: .9rem; }
p { margin: .5rem 0; max-width: 46rem; }
.soft { color: var(--soft); }
.verdict { border-left: 5px solid var(--poor); background: var(--panel); padding: .9rem 1.1rem;
  margin: 1rem 0; font-size: 1.1rem; }
.verdict.good { border-color: var(--good); }
.warning { border-left: 5px solid var(--line); background: var(--panel); padding: .6rem 1.1rem; margin: .75rem 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr));
  gap: .75rem; margin: 1rem 0; padding: 0; }
.figures div { background: var(--panel); padding: .8rem 1rem; border-radius: 4px; }
.figures dt { color: var(--soft); font-size: .85rem; }
.figures dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.figures dd small { display: block; font-size: .82rem; color: var(--soft); }
.words { margin: .5rem 0 1rem; max-width: 46rem; font-size: .9rem; }
.words dt { font-weight: 600; }
.words dd { margin: 0 0 .5rem; color: var(--soft); }
.scrolled { overflow-x: auto; }
.scrolled td, .scrolled th { white-space: nowrap; }
.plain { color: var(--soft); }
li { margin: .25rem 0; }
ul code { background: var(--panel); padding: 0 .25rem; border-radius: 3px; overflow-wrap: anywhere; }
figure { margin: 1rem 0; overflow-x: auto; }
figcaption { color: var(--soft); font-size: .9rem; max-width: 46rem; margin-top: .4rem; }
svg { display: block; max-width: 100%; height: auto;
  font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
svg text { fill: var(--ink); font-variant-numeric: tabular-nums; }
svg .label { fill: var(--soft); }
svg .axis { font-weight: 600; }
svg .faint { fill: var(--soft); font-size: 11px; }
@media (max-width: 40rem) { figure svg[width="720"] { font-size: 17px; } figure svg .faint { font-size: 14px; } }
svg .empty { fill: var(--panel); stroke: var(--line); }
svg .best { fill: none; stroke: var(--ink); stroke-width: 2.5; rx: 3px; }
svg .rule { stroke: var(--line); }
svg .baseline { stroke: var(--poor); stroke-width: 1.5; stroke-dasharray: 6 4; }
svg .level { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 6 4; }
svg .sofar { fill: none; stroke: var(--accent); stroke-width: 1.5; opacity: .55; }
svg .dot, svg .better { fill: var(--accent); }
svg .worse { fill: var(--poor); }
svg .curve { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
svg .band { fill: var(--c0); opacity: .15; }
svg .near { fill: none; stroke: transparent; stroke-width: 10; }
svg .whisker { stroke: currentColor; stroke-width: 2; }
svg .mean { fill: currentColor; stroke: var(--ground); }
svg .small { fill: currentColor; opacity: .45; }
svg .hollow { fill: var(--ground); stroke: var(--soft); stroke-width: 1.5; }
svg .zero { stroke: var(--ink); }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); }
.c3 { color: var(--c3); } .c4 { color: var(--c4); } .c5 { color: var(--c5); }
.d1 { stroke-dasharray: 7 4; } .d2 { stroke-dasharray: 2 4; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; max-width: none; font-size: .9rem; }
.legend span { display: inline-flex; align-items: center; gap: .5rem; }
.wide { overflow-x: auto; width: max-content; min-width: 100%; max-width: 94vw; position: relative; left: 50%;
  transform: translateX(-50%); }
.wide td, .wide th { white-space: nowrap; padding-right: .8rem; font-size: .85rem; }
.wide td:nth-child(-n+2) { white-space: normal; min-width: 7rem; max-width: 15rem; }
img { max-width: 100%; height: auto; border-radius: 4px; border: 1px solid var(--line); }
.pair { display: flex; flex-wrap: wrap; gap: 0 4rem; }
table { margin: .75rem 0 1.5rem; border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem 1.25rem .25rem 0;
  border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; }
td { overflow-wrap: anywhere; }
.pair td:first-child { overflow-wrap: normal; }
pre { background: var(--panel); padding: .8rem 1rem; overflow-x: auto; font-size: .85rem; border-radius: 4px; }
summary { cursor: pointer; color: var(--soft); margin: .75rem 0; }
"""
