// Texts that would run as scripts if a page took them for markup: each way of running, after each way
// of breaking out of where a text stands.

const RUN = 'window.fired=1';

const WAYS = [
  `<script>${RUN}</script>`,
  `<img src=x onerror=${RUN}>`,
  `<svg onload=${RUN}>`,
  `<svg><script>${RUN}</script></svg>`,
  `<math><mtext><img src=x onerror=${RUN}></mtext></math>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<iframe src="javascript:parent.${RUN}"></iframe>`,
  `<object data="javascript:${RUN}"></object>`,
  `<embed src="javascript:${RUN}">`,
  `<details open ontoggle=${RUN}>x</details>`,
  `<video><source onerror=${RUN}></video>`,
  `<audio src=x onerror=${RUN}></audio>`,
  `<input autofocus onfocus=${RUN}>`,
  `<a href="javascript:${RUN}" autofocus onfocus=${RUN}>x</a>`,
  `<form action="javascript:${RUN}"><button>x</button></form>`,
  `<div style="animation:a 1s" onanimationstart=${RUN}>x</div>`,
  `<style>@keyframes a{}</style><p style="animation:a 1s" onanimationend=${RUN}>x</p>`,
  `<template shadowrootmode=open><img src=x onerror=${RUN}></template>`,
  `<base href="javascript:/a/-alert(1)//"><a href=x onclick=${RUN}>x</a>`,
  `<meta http-equiv=refresh content="0;url=javascript:${RUN}">`,
];

const BREAKS = ['', '">', "'>", '`>', '</p>', '</textarea></title></style>', '-->', ']]>', '\\u003e">', '\u2028'];

/** 200 of them, no two alike. */
export const INJECTIONS = BREAKS.flatMap((out) => WAYS.map((way) => out + way));
