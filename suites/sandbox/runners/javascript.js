// Runs the checks of a JavaScript program. The program lives in a realm of its own that holds no object of this one;
// its results are copied here as plain data, so nothing that it patches takes part in a comparison.
'use strict';
const fs = require('fs');
const vm = require('vm');
const { types } = require('util');

const [nonce, entry, program, tests] = JSON.parse(fs.readFileSync(3, 'utf8'));

function tell(status, text) {
  fs.writeSync(4, nonce + '\n' + status + '\n' + String(text).slice(0, 500));
  process.reallyExit(0);
}

const realm = vm.createContext(Object.create(null));
const write = (file, text) => { fs.writeSync(file === 2 ? 2 : 1, String(text)); };
Object.setPrototypeOf(write, null);
// Made inside, before the program: the only way from here to there.
const inside = vm.runInContext(`(function (write) {
  const text = (v) => { try { return typeof v === 'object' && v !== null ? JSON.stringify(v) : String(v); } catch (e) { return '?'; } };
  const print = (file) => (...all) => { write(file, all.map(text).join(' ') + '\\n'); };
  globalThis.console = { log: print(1), info: print(1), debug: print(1), error: print(2), warn: print(2), trace: print(2),
    table: print(1), assert() {}, time() {}, timeEnd() {} };
  globalThis.process = { exit() { throw new Error('process.exit'); }, argv: [], env: {}, on() {}, stdout: { write: (t) => { write(1, t); return true; } } };
  globalThis.module = { exports: {} };
  globalThis.exports = globalThis.module.exports;
  globalThis.require = (name) => { throw new Error('no module ' + name + ' in the sandbox'); };
  globalThis.global = globalThis;
  return { list: () => [], object: () => ({}), put(o, k, v) { o[k] = v; }, map: () => new Map(), set: () => new Set(),
    addMap(m, k, v) { m.set(k, v); }, addSet(s, v) { s.add(v); }, date: (t) => new Date(t),
    regexp: (s, f) => new RegExp(s, f), call: (f, list) => f(...list) };
})`, realm)(write);

function outward(value, depth = 0) {  // ours -> the program's
  if (typeof value === 'function' || typeof value === 'symbol') throw new Error('the checks pass what cannot be sent');
  if (typeof value !== 'object' || value === null) return value;
  if (types.isProxy(value) || depth > 200) throw new Error('the checks pass what cannot be sent');
  if (Array.isArray(value)) {
    const out = inside.list();
    for (let i = 0; i < value.length; i++) inside.put(out, i, outward(value[i], depth + 1));
    return out;
  }
  if (types.isMap(value)) {
    const out = inside.map();
    for (const [k, v] of value) inside.addMap(out, outward(k, depth + 1), outward(v, depth + 1));
    return out;
  }
  if (types.isSet(value)) {
    const out = inside.set();
    for (const v of value) inside.addSet(out, outward(v, depth + 1));
    return out;
  }
  if (types.isDate(value)) return inside.date(value.getTime());
  if (types.isRegExp(value)) return inside.regexp(value.source, value.flags);
  const out = inside.object();
  for (const key of Object.keys(value)) inside.put(out, key, outward(value[key], depth + 1));
  return out;
}

function inward(value, depth = 0) {  // the program's -> plain data of ours
  if (typeof value === 'function') return (...all) => inward(inside.call(value, outward(all)));
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 200) throw new Error('a value is nested too deeply');
  if (Array.isArray(value)) {
    const out = [], n = Number(value.length);
    for (let i = 0; i < n; i++) out.push(inward(value[i], depth + 1));
    return out;
  }
  if (types.isMap(value)) {
    const out = new Map();
    Map.prototype.forEach.call(value, (v, k) => out.set(inward(k, depth + 1), inward(v, depth + 1)));
    return out;
  }
  if (types.isSet(value)) {
    const out = new Set();
    Set.prototype.forEach.call(value, (v) => out.add(inward(v, depth + 1)));
    return out;
  }
  if (types.isDate(value)) return new Date(Date.prototype.getTime.call(value));
  if (types.isNumberObject(value) || types.isStringObject(value) || types.isBooleanObject(value)) return null;
  const out = {};
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === 'string' && typeof value[key] !== 'function' && key !== '__proto__') out[key] = inward(value[key], depth + 1);
  }
  return out;
}

let script;
try {
  script = new vm.Script(program, { filename: 'program.js' });
} catch (error) {
  fs.writeSync(2, String(error.stack));
  tell('compile', error);
}
const failed = [];
try {
  script.runInContext(realm);
  const names = [];
  const values = [];
  for (const name of new Set(tests.match(/[A-Za-z_$][\w$]*/g))) {
    if (name !== entry && (name in globalThis || name === 'require' || name === 'module' || name === 'exports')) continue;
    let value;
    try {
      new Function(name, '');  // throws for a word of the language
      value = vm.runInContext('typeof ' + name + ' === "undefined" ? undefined : ' + name, realm);
    } catch (error) {
      continue;
    }
    if (value === undefined) continue;
    names.push(name);
    values.push(inward(value));
  }
  const checked = Object.freeze({ log() {}, info() {}, error() {}, warn() {},
    assert(holds, ...text) { if (!holds) failed.push(text.map(String).join(' ')); } });
  const run = new Function('console', 'require', ...names, 'return (function () {' + tests.replace(/^#!.*/, '') + '\n})();');
  run(checked, (name) => require(name), ...values);
} catch (error) {
  let text = 'an error';
  try { text = String(error && error.stack || error); } catch (other) { /* keeps the first text */ }
  fs.writeSync(2, text + '\n');
  if (error && error.code === 'ERR_ASSERTION') tell('assertion', text);
  tell('runtime', text.split('\n')[0]);
}
if (failed.length) {
  fs.writeSync(2, 'Assertion failed\n');
  tell('assertion', failed.length + ' of the checks failed');
}
tell('pass', '');
