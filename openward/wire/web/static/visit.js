// The page of a visit, for either side: which part is shown follows from where the call stands and what was clicked.
import { Devices } from "./visit_devices.js";
import { Line } from "./visit_line.js";
import { isAllowed } from "./visit_media.js";
import { Peer } from "./visit_peer.js";

const root = document.getElementById("visit");
const { role, engine } = root.dataset;
const myPage = new URL(root.dataset.socket, location.href).searchParams.get("page");
const other = role === "patient" ? "provider" : "patient";
const find = (name) => document.getElementById(name);
const [mine, theirs, note, chip] = ["mine", "theirs", "stage-note", "chip"].map(find);

let state = null; // what the server said last
let servers = [];
let isRelayed = false;
let peer = null;
let peerPage = null;
let hasJoined = false;
let hasLeft = false;
let isConnected = false;
let isOnline = false;
let isMuted = false;
let isDark = false;
let isEntering = false; // the engine's page is shown, or asked for

const devices = new Devices(root, (stream) => {
  mine.srcObject = stream;
  mine.hidden = !stream?.getVideoTracks().length;
  find("join").disabled = false;
  find("join").textContent = stream ? find("join").dataset.text : find("join").dataset.bare;
  if (stream) peer?.replace(stream);
  apply();
  render();
});

const line = new Line(root.dataset.socket, {
  hear(message) {
    if (message.is === "welcome") {
      servers = message.ice;
      isRelayed = message.relay;
      take(message.state);
    } else if (message.is === "state") take(message);
    else if (message.is === "signal") hearSignal(message);
    else if (message.is === "engine") enterEngine(message.url);
    else if (message.is === "place") showPlace(message.before);
    else if (message.is === "refused") tell(message.why);
  },
  change(isOpen) {
    isOnline = isOpen;
    render();
  },
  end(code) {
    if (code === 4409) {
      part();
      stopMedia();
      show("elsewhere");
    } else if (code !== 1000) location.reload();
  },
});

function take(fresh) {
  if (state && fresh.version < state.version) return;
  const isFirst = !state;
  state = fresh;
  if (state.is_over[role]) {
    line.close();
    return location.reload(); // the server has a page for the end
  }
  const isGoingOn = ["on call", "on hold"].includes(state.call);
  if (hasJoined && !state.sides[role].is_ready && state.call !== "finalizing") line.send({ do: "join" });
  else if (isFirst && isGoingOn) comeBack();
  meet();
  return render();
}

// Somebody who reloads the page in the middle of a call is brought back into it.
async function comeBack() {
  await devices.open();
  join();
}

function join() {
  hasJoined = true;
  hasLeft = false;
  line.send({ do: "join" });
  render();
}

// Connect to the page on the other side while both are in the call, and let go of a page that is gone.
function meet() {
  const there = state.sides[other];
  const isMeeting = hasJoined && !engine && ["on call", "on hold"].includes(state.call);
  if (!isMeeting || (there.page !== peerPage && peer)) part();
  if (!isMeeting || !there.is_ready || peer || !state.sides[role].is_ready) return apply();
  peerPage = there.page;
  peer = new Peer({
    servers,
    isRelayed,
    isCaller: role === "provider",
    stream: devices.stream,
    say: (content) => line.send({ do: "signal", content: { ...content, to: peerPage } }),
    show(stream) {
      theirs.setSinkId?.(devices.speaker).catch(() => {});
      if (theirs.srcObject !== stream) theirs.srcObject = stream;
      theirs.play().catch(() => (find("hear").hidden = false));
      render();
    },
    change(connection) {
      isConnected = connection === "connected";
      render();
    },
  });
  return apply();
}

function part() {
  peer?.close();
  peer = null;
  peerPage = null;
  isConnected = false;
  theirs.srcObject = null;
}

function hearSignal({ page, content }) {
  if (content.to !== myPage || page !== peerPage) return;
  peer?.take(content).catch((error) => console.warn("signal", error.name));
}

// Nothing is sent while the provider holds the call, nor what was switched off.
function apply() {
  const isHeld = state?.held_by === "provider";
  for (const track of devices.stream?.getTracks() ?? []) {
    track.enabled = !isHeld && !(track.kind === "audio" ? isMuted : isDark);
  }
}

function view() {
  if (!state || state.call === "waiting") {
    if (!hasJoined) return hasLeft ? "left" : "start";
    return "waiting";
  }
  if (state.call === "finalizing") return "final";
  return hasJoined ? "call" : hasLeft ? "left" : "start";
}

function show(name) {
  root.dataset.view = name;
  for (const part of root.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(name);
}

function render() {
  if (line?.isDone) return;
  const name = view();
  show(name);
  root.classList.toggle("offline", !isOnline);
  const isCall = name === "call";
  const words = isCall ? callWords() : "";
  theirs.hidden = !isCall || !theirs.srcObject || Boolean(words);
  note.textContent = words || (name === "start" && !devices.stream ? "Your picture appears here." : "");
  note.hidden = !note.textContent || (isCall && Boolean(engine) && state.held_by !== "provider");
  chip.textContent = !isOnline ? "Reconnecting …" : isCall && isConnected ? "Connected" : "";
  chip.hidden = !chip.textContent;
  if (engine) showEngine(isCall);
  if (role === "provider") showPatient();
  const hold = find("hold");
  if (hold) hold.querySelector("span").textContent = state?.held_by === "provider" ? "Resume" : "Hold";
  if (name === "final") stopMedia();
}

function callWords() {
  const there = state.sides[other];
  if (state.held_by === "provider") return role === "provider" ? "On hold." : "Your clinician has put the call on hold.";
  if (!there.is_there) return `${root.dataset.other} lost the connection. Please wait, the call goes on by itself.`;
  if (!there.is_ready) return `${root.dataset.other} is coming back …`;
  if (!engine && !isConnected) return "Connecting …";
  return theirs.srcObject?.getVideoTracks().some((one) => !one.muted) || engine ? "" : `${root.dataset.other}: sound only`;
}

function showEngine(isCall) {
  const frame = find("engine");
  const isShown = isCall && state.held_by !== "provider";
  if (isShown && !isEntering) {
    isEntering = true;
    stopMedia(); // the engine's own page asks for the camera
    line.send({ do: "engine" });
  } else if (!isShown && isEntering) {
    isEntering = false;
    frame.removeAttribute("src"); // out of the room while on hold, and afterwards
  }
  frame.hidden = !isShown;
}

// The address is good for this moment only.
function enterEngine(url) {
  if (isEntering) find("engine").src = url;
}

function showPatient() {
  const there = state?.sides.patient;
  const words = !there?.page ? "Not here yet" : !there.is_there ? "Gone at the moment" : there.is_ready ? "Here" : "Checking in";
  const presence = find("presence");
  presence.hidden = state?.call === "finalizing";
  presence.textContent = state?.call === "waiting" && there?.is_ready ? "In the waiting room" : words;
  presence.classList.toggle("connected", Boolean(there?.is_there));
}

function showPlace(before) {
  const words = ["You are next.", "One person is before you."][before] ?? `${before} people are before you.`;
  find("place").textContent = words;
}

function tell(words) {
  find("told").textContent = words;
  find("told").hidden = false;
  setTimeout(() => (find("told").hidden = true), 6000);
}

function stopMedia() {
  devices.hush();
  for (const track of devices.stream?.getTracks() ?? []) track.stop();
}

function press(name, act) {
  const button = find(name);
  if (button) button.onclick = act;
}

function flip(name, isOff, on, off) {
  const button = find(name);
  button.setAttribute("aria-pressed", String(isOff));
  button.querySelector("span").textContent = isOff ? off : on;
  apply();
}

press("join", join);
press("mute", () => flip("mute", (isMuted = !isMuted), "Mute", "Unmute"));
press("dark", () => flip("dark", (isDark = !isDark), "Camera off", "Camera on"));
press("hold", () => line.send({ do: state.held_by === "provider" ? "resume" : "hold" }));
press("hangup", () => (role === "provider" ? line.send({ do: "hangup" }) : leave()));
press("leave", leave);
press("back", async () => (await devices.open(), join()));
press("here", () => location.reload());
press("hear", () => theirs.play().then(() => (find("hear").hidden = true)));
press("complete", () => line.send({ do: "finish", complete: true }));
press("incomplete", () => line.send({ do: "finish", complete: false }));

function leave() {
  const isLast = role === "patient" && state.call === "waiting";
  if (isLast && !confirm("Leave without being seen? Your place in the waiting room is given up.")) return;
  hasJoined = false;
  hasLeft = true;
  line.send({ do: "leave" });
  part();
  stopMedia();
  render();
}

theirs.onresize = render;
setInterval(render, 2000);
render();
if (await isAllowed()) devices.open();
