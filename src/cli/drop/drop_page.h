#pragma once

#include <string_view>

namespace bowline::cli {

/// The page: everything that it needs is in it.
inline constexpr std::string_view drop_page = R"page(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>bowline drop</title><style>
body{font:16px system-ui,sans-serif;max-width:40em;margin:2em auto;padding:0 1em;color:#123}
#drop{border:2px dashed #68a;border-radius:12px;
padding:2.5em 1em;text-align:center;margin:1em 0;cursor:pointer}
#drop.over{background:#def}progress{width:100%}li{margin:.5em 0}button,input{font:inherit;padding:.3em .8em}
.faint{color:#678}[hidden]{display:none}</style></head><body>
<h1>bowline drop</h1><form id="login"><p>The PIN stands on the terminal of the other side.</p>
<input id="pin" inputmode="numeric" autocomplete="off" maxlength="8" aria-label="PIN">
<button>Connect</button></form>
<main id="main" hidden><div id="drop" tabindex="0" role="button">Drop files here, or click to choose some
<input id="choose" type="file" multiple hidden></div><ul id="offered"></ul><ul id="done"></ul></main>
<p id="state" class="faint" role="status"></p><script>
'use strict';
const $ = (id) => document.getElementById(id), state = (text) => { $('state').textContent = text; };
let socket = null, offers = [], incoming = null, queue = [], busy = false;
const row = (list, text) => { const li = document.createElement('li'),
name = document.createElement('span');
  name.textContent = text + ' '; const bar = document.createElement('progress'); bar.value = 0;
li.append(name, bar);
  $(list).append(li); return { set: (part) => { bar.value = part; }, end: (word) => { bar.remove();
name.textContent = text + ': ' + word; } }; };
const size = (n) => n < 1e3 ? n + ' B' :
  n < 1e6 ? (n / 1e3).toFixed(0) + ' kB' : (n / 1e6).toFixed(1) + ' MB';
function connect(pin) {
  socket = new WebSocket('wss://' + location.host + '/ws'); socket.binaryType = 'arraybuffer';
state('connecting ...');
  socket.onopen = () => socket.send('pin ' + pin);
  socket.onclose = (e) => { if (!$('main').hidden) state('The other side is gone.');
else state(e.reason || $('state').textContent); $('login').hidden = false; $('main').hidden = true; };
  socket.onmessage = (e) => typeof e.data === 'string' ? line(e.data) : piece(e.data); }
function line(text) {
  const at = text.indexOf(' '), word = at < 0 ? text : text.slice(0, at),
rest = at < 0 ? '' : text.slice(at + 1);
  if (word === 'no') return state(rest);
  if (word === 'offer') { const i = offers.length, cut = rest.indexOf(' '), n = +rest.slice(0, cut),
name = rest.slice(cut + 1); offers.push(name);
    const li = document.createElement('li'), get = document.createElement('button');
get.textContent = 'Save ' + name + ' (' + size(n) + ')';
    get.onclick = () => { get.disabled = true; socket.send('get ' + i); }; li.append(get);
$('offered').append(li); return; }
  if (word === 'ready') { $('login').hidden = true; $('main').hidden = false; state('connected'); return; }
  if (word === 'file') {
const f = rest.match(/^(\d+) (\d+) (.*)$/s);
    incoming = { name: f[3], size: +f[2], got: 0, parts: [], row: row('done', f[3]) }; return; }
  if (word === 'end' && incoming) { const link = document.createElement('a');
link.href = URL.createObjectURL(new Blob(incoming.parts));
    link.download = incoming.name; link.click(); setTimeout(() => URL.revokeObjectURL(link.href), 6e4);
incoming.row.end('saved'); incoming = null; return; }
  if (word === 'got' && busy) { busy.row.end('sent'); busy = false; next(); } }
function piece(data) { if (!incoming) return; incoming.parts.push(data); incoming.got += data.byteLength;
incoming.row.set(incoming.got / (incoming.size || 1)); }
async function next() {
  if (busy || !queue.length) return; const file = queue.shift(); busy = { row: row('done', file.name) };
  socket.send('put ' + file.size + ' ' + file.name.replace(/[\r\n]/g, ' '));
  for (let at = 0; at < file.size; at += 262144) {
    const part = await file.slice(at, at + 262144).arrayBuffer();
if (socket.readyState !== 1) return busy.row.end('cut off');
    socket.send(part); while (socket.bufferedAmount > 4e6) await new Promise((r) => setTimeout(r, 20));
    busy.row.set(Math.max(0, at + part.byteLength - socket.bufferedAmount) / file.size); }
  socket.send('end'); }
function add(files) { queue.push(...files); next(); }
$('login').onsubmit = (e) => { e.preventDefault(); connect($('pin').value.trim()); };
$('drop').onclick = () => $('choose').click(); $('choose').onchange = () => add($('choose').files);
$('drop').ondragover = (e) => { e.preventDefault(); $('drop').classList.add('over'); };
$('drop').ondragleave = () => $('drop').classList.remove('over');
$('drop').ondrop = (e) => { e.preventDefault(); $('drop').classList.remove('over');
add(e.dataTransfer.files); };
if (/^#\d+$/.test(location.hash)) {
  const pin = location.hash.slice(1);
  history.replaceState(null, '', '/'); connect(pin); }
</script></body></html>
)page";

}  // namespace bowline::cli
