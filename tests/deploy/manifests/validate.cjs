// SPDX-License-Identifier: Apache-2.0
// Reads YAML, prints its objects as a JSON array, and fails where one isn't what the Kubernetes API, or the Prometheus
// operator's, says that it is; or where it has a field that they don't know. NODE_PATH leads to the packages.
'use strict';
const { readFileSync } = require('node:fs');
const { parseAllDocuments } = require('yaml');

const packages = ['kubernetes-models', '@kubernetes-models/prometheus-operator'];

function model({ apiVersion, kind }) {
  for (const name of packages) {
    try {
      return require(`${name}/${apiVersion}`)[kind];
    } catch (error) {
      if (!['MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'].includes(error.code)) throw error;
    }
  }
}

// The schemas' code passes over what it doesn't know. So: what it has never looked at is unknown.
function watched(value, path, unseen) {
  if (value === null || typeof value !== 'object') return value;
  const inner = {};
  for (const key of Object.keys(value)) {
    unseen.add(`${path}.${key}`);
    inner[key] = watched(value[key], `${path}.${key}`, unseen);
  }
  return new Proxy(value, {
    get(target, key) {
      unseen.delete(`${path}.${String(key)}`);
      return Object.hasOwn(inner, key) ? inner[key] : target[key];
    },
  });
}

const documents = parseAllDocuments(readFileSync(0, 'utf8'));
const errors = documents.flatMap((document) => document.errors.map(String));
let objects = documents.map((document) => document.toJS());
if (objects.length === 1 && Array.isArray(objects[0])) objects = objects[0];
if (objects.length === 0) errors.push('no objects');

for (const object of objects) {
  const name = `${object?.kind} ${object?.metadata?.name}`;
  const Model = object && model(object);
  if (!Model) {
    errors.push(`${name}: no such kind in ${object?.apiVersion}`);
    continue;
  }
  const unseen = new Set();
  try {
    Model.prototype.validate.call(watched(object, '', unseen));
    for (const path of unseen) errors.push(`${name}: unknown field ${path}`);
  } catch (error) {
    errors.push(`${name}: ${error.message}`);
  }
}

console.log(JSON.stringify(objects));
for (const error of errors) console.error(error);
process.exitCode = errors.length ? 1 : 0;
