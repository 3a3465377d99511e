// Camera, microphone and speaker: opened with what there is, tried out before the call, explained when they fail.

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 } };

const WORDS = {
  insecure: "This page has no secure connection, so the browser keeps camera and microphone shut. Open it with https.",
  NotAllowedError:
    "The browser may not use your camera or microphone. Open the site settings (the sign to the left of the address), " +
    "allow both, and try again. On a phone, also look in the phone’s own settings for the browser.",
  NotFoundError: "No camera and no microphone were found. Plug one in and try again, or go on without.",
  NotReadableError: "Another program is using the camera or the microphone. Close it and try again.",
};

export function explain(error) {
  return WORDS[error.name] ?? WORDS.NotReadableError;
}

// A stream with picture and sound, or with whichever of them works; throws what `explain` puts into words.
export async function open({ camera, microphone } = {}) {
  if (!navigator.mediaDevices?.getUserMedia) throw Object.assign(new Error(), { name: "insecure" });
  const video = { ...PICTURE, ...(camera ? { deviceId: { exact: camera } } : { facingMode: "user" }) };
  const audio = microphone ? { deviceId: { exact: microphone } } : true;
  let problem;
  for (const wish of [{ video, audio }, { audio }, { video }]) {
    try {
      return await navigator.mediaDevices.getUserMedia(wish);
    } catch (error) {
      problem ??= error;
    }
  }
  throw problem;
}

export async function isAllowed() {
  try {
    const asked = ["camera", "microphone"].map((name) => navigator.permissions.query({ name }));
    return (await Promise.all(asked)).every((one) => one.state === "granted");
  } catch {
    return false; // a browser that does not say
  }
}

export async function devices() {
  const all = await navigator.mediaDevices.enumerateDevices();
  return Object.fromEntries(["videoinput", "audioinput", "audiooutput"].map((kind) => [
    kind, all.filter((one) => one.kind === kind && one.deviceId),
  ]));
}

// Show how loud the microphone is, 0 to 1, about ten times a second, until the returned function is called.
export function listen(stream, show) {
  if (!stream.getAudioTracks().length) return () => {};
  const context = new AudioContext();
  const ear = context.createAnalyser();
  ear.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(ear);
  const samples = new Float32Array(ear.fftSize);
  const timer = setInterval(() => {
    ear.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
    show(Math.min(1, Math.sqrt(power) * 4));
  }, 100);
  return () => {
    clearInterval(timer);
    if (context.state !== "closed") context.close();
  };
}

// Two soft tones on the chosen speaker.
export async function chime(speaker) {
  const context = new AudioContext();
  if (speaker && context.setSinkId) await context.setSinkId(speaker).catch(() => {});
  const now = context.currentTime;
  for (const [place, tone] of [523.25, 783.99].entries()) {
    const [voice, volume] = [context.createOscillator(), context.createGain()];
    voice.frequency.value = tone;
    volume.gain.setValueAtTime(0, now + place * 0.35);
    volume.gain.linearRampToValueAtTime(0.25, now + place * 0.35 + 0.05);
    volume.gain.exponentialRampToValueAtTime(0.001, now + place * 0.35 + 0.6);
    voice.connect(volume).connect(context.destination);
    voice.start(now + place * 0.35);
    voice.stop(now + place * 0.35 + 0.65);
  }
  setTimeout(() => context.close(), 1500);
}
