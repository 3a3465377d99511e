// The unchanged public client: sign up, confirm, log in, make a data set, upload, read back, list. Prints one JSON line.
'use strict';
const fs = require('fs');
const path = require('path');
const { promisify } = require('util');
const makeClient = require('tidepool-platform-client/tidepool.js');

const [host, outbox] = process.argv.slice(2);
const stamp = Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
const email = `journey-${stamp}@example.org`;
const password = 'Correct-horse-7';

const client = makeClient({ host, uploadApi: host, dataHost: host, metricsSource: 'journey', metricsVersion: '1' });
const call = (name, ...args) => promisify(client[name].bind(client))(...args);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function confirmationKey() {
  for (let tries = 0; tries < 150; tries += 1) {
    for (const name of fs.existsSync(outbox) ? fs.readdirSync(outbox) : []) {
      const text = fs.readFileSync(path.join(outbox, name), 'utf8').replace(/=\r?\n/g, '').replace(/=3D/g, '=');
      const found = text.includes(email) && text.match(/[?&]key=([A-Za-z0-9_-]+)/);
      if (found) return found[1];
    }
    await sleep(200);
  }
  throw new Error('no confirmation mail arrived');
}

function readings(count) {
  const start = Date.now() - count * 300000;
  return Array.from({ length: count }, (_, place) => ({
    type: 'cbg', units: 'mg/dL', value: 80 + (place % 120), deviceId: 'journey-cgm',
    time: new Date(start + place * 300000).toISOString(), timezoneOffset: 0,
    deviceTime: new Date(start + place * 300000).toISOString().slice(0, 19),
  }));
}

async function main() {
  const out = {};
  await promisify((cb) => client.initialize(cb))().catch(() => null);
  const signed = await call('signup', { username: email, password, emails: [email] });
  out.userid = signed.userid;
  await call('signupStart', signed.userid);
  await call('logout').catch(() => null);
  out.loginBeforeConfirm = await call('login', { username: email, password }).then(() => 200, (error) => error.status);
  await call('signupConfirm', await confirmationKey());
  const logged = await call('login', { username: email, password });
  out.loginUser = logged.userid;
  out.current = (await call('getCurrentUser')).userid;
  await call('addOrUpdateProfile', signed.userid, { fullName: 'Ana Ruiz', patient: { birthday: '1990-02-03' } });
  out.profile = (await call('findProfile', signed.userid)).fullName;
  const made = await call('createDatasetForUser', signed.userid, {
    client: { name: 'journey', version: '1.0.0' }, deviceId: 'journey-cgm', deviceManufacturers: ['Acme'],
    deviceModel: 'One', deviceSerialNumber: 'S1', deviceTags: ['cgm'], timezone: 'UTC', time: new Date().toISOString(),
    computerTime: new Date().toISOString().slice(0, 19), timezoneOffset: 0, conversionOffset: 0, version: '1.0.0',
    timeProcessing: 'none',
  });
  const set = made.data || made;
  out.uploadId = set.uploadId;
  await call('addDataToDataset', set.uploadId, readings(300));
  await call('finalizeDataset', set.uploadId);
  const data = await call('getDeviceDataForUser', signed.userid, { type: 'cbg' });
  out.readBack = data.length;
  out.units = data[0].units;
  const sets = await call('getUploadRecordsForDevice', signed.userid, 'journey-cgm', 5);
  out.sets = sets.length;
  out.time = Boolean((await call('getTime')).data.time);
  out.uploaderInfo = await promisify(client.checkUploadVersions.bind(client))().then(() => true, (error) => error.status || String(error));
  out.groups = (await call('getViewableUsers', signed.userid))[signed.userid];
  await call('logout');
  out.afterLogout = await call('getCurrentUser').then(() => 200, (error) => error.status);
  console.log(JSON.stringify(out));
}

main().then(() => process.exit(0), (error) => {
  console.error(error && (error.stack || JSON.stringify(error)), error && error.response && error.response.text);
  process.exit(1);
});
