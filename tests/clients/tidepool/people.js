// People who use the unchanged public client: each has one of his own, with a mailbox, and remembers what he called.
'use strict';
const fs = require('fs');
const path = require('path');
const { promisify } = require('util');
const makeClient = require('tidepool-platform-client/tidepool.js');

const [host, outbox] = process.argv.slice(2);
const stamp = Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
const password = 'Correct-horse-7';
const called = new Set();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Ask until the answer will do; whoever waits in vain is told for what.
async function until(what, ask) {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = await ask();
    if (found) return found;
    await sleep(150);
  }
  throw new Error(`in vain: ${what}`);
}

class Person {
  constructor(name, options = {}) {
    this.name = name;
    this.used = new Set();
    this.email = `${name.toLowerCase().replace(/\W+/g, '-')}-${stamp}@example.org`;
    this.client = makeClient({
      host, uploadApi: host, dataHost: host, metricsSource: 'journey', metricsVersion: '1', ...options,
    });
  }

  // Call a function of the client; a refusal says which one it was.
  async call(name, ...given) {
    called.add(name);
    try {
      return await promisify(this.client[name].bind(this.client))(...given);
    } catch (error) {
      error.message = `${this.name} ${name}: ${error.status} ${error.message} ${JSON.stringify(error.body || '')}`;
      throw error;
    }
  }

  // The status that a call is refused with, or 200.
  refused(name, ...given) {
    return this.call(name, ...given).then(() => 200, (error) => error.status);
  }

  // The key in a mail to this address, which was not handed out here before.
  async mailedKey() {
    return until(`a mail to ${this.email}`, () => {
      for (const file of fs.existsSync(outbox) ? fs.readdirSync(outbox) : []) {
        const raw = fs.readFileSync(path.join(outbox, file), 'utf8');
        const text = raw.replace(/=\r?\n/g, '').replace(/=3D/g, '=');
        const found = text.includes(this.email) && text.match(/[?&]key=([A-Za-z0-9_-]+)/);
        if (found && !this.used.has(found[1])) {
          this.used.add(found[1]);
          return found[1];
        }
      }
      return null;
    });
  }

  async mails() {
    const files = fs.existsSync(outbox) ? fs.readdirSync(outbox) : [];
    return files.filter((file) => fs.readFileSync(path.join(outbox, file), 'utf8').includes(this.email)).length;
  }

  // From sign-up to the first login with a confirmed address.
  async join(profile = {}, roles = undefined) {
    const signed = await this.call('signup', { username: this.email, password, emails: [this.email], roles });
    this.id = signed.userid;
    await this.call('addOrUpdateProfile', this.id, { fullName: this.name, ...profile });
    await this.call('signupStart', this.id);
    await this.call('signupConfirm', await this.mailedKey());
    await this.call('login', { username: this.email, password });
    return this;
  }
}

// The unchanged client with the token of a service, kept where a browser would keep it.
async function asService() {
  const headers = { 'x-tidepool-server-name': 'journey', 'x-tidepool-server-secret': 'test-service-secret' };
  const answer = await fetch(`${host}/auth/serverlogin`, { method: 'POST', headers });
  const kept = new Map([['authToken', answer.headers.get('x-tidepool-session-token')]]);
  const localStore = {
    getItem: (key) => kept.get(key), setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key),
  };
  const service = new Person('service', { localStore });
  await service.call('initialize');
  service.post = (path) => fetch(host + path, {
    method: 'POST', headers: { 'x-tidepool-session-token': kept.get('authToken') },
  }).then((said) => said.json());
  return service;
}

function finish(main) {
  main().then(
    (story) => {
      console.log(JSON.stringify({ ...story, called: [...called].sort() }));
      process.exit(0);
    },
    (error) => {
      console.error(error && (error.stack || JSON.stringify(error)), error && error.response && error.response.text);
      process.exit(1);
    },
  );
}

module.exports = { Person, asService, finish, host, password, until };
