// The part of a visit's page in which camera, microphone and speaker are tried out.
import * as media from "./visit_media.js";

export class Devices {
  // root: the element around it all; opened(stream or null): after each try.
  constructor(root, opened) {
    const find = (name) => root.querySelector(`[data-part=${name}]`);
    this.parts = Object.fromEntries(
      ["start", "trouble", "chosen", "level", "chime", "camera", "microphone", "speaker"].map((one) => [one, find(one)]),
    );
    this.opened = opened;
    this.stream = null;
    this.hush = () => {};
    const { start, chime, camera, microphone } = this.parts;
    start.onclick = () => this.open();
    chime.onclick = () => media.chime(this.speaker);
    camera.onchange = microphone.onchange = () => this.open();
  }

  async open() {
    const { start, trouble, chosen, level, camera, microphone } = this.parts;
    start.disabled = true;
    this.hush();
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    try {
      this.stream = await media.open({ camera: camera.value, microphone: microphone.value });
      this.hush = media.listen(this.stream, (loud) => (level.value = loud));
      this.say(this.missing());
      await this.list();
    } catch (error) {
      this.stream = null;
      this.say(media.explain(error));
    }
    start.disabled = false;
    start.hidden = Boolean(this.stream);
    start.textContent = "Try again";
    chosen.hidden = !this.stream;
    trouble.hidden = !trouble.textContent;
    this.opened(this.stream);
    return this.stream;
  }

  get speaker() {
    return this.parts.speaker.value;
  }

  missing() {
    if (!this.stream.getVideoTracks().length) return "No camera works here. You can go on with sound only.";
    if (!this.stream.getAudioTracks().length) return "No microphone works here. You are seen, but not heard.";
    return "";
  }

  say(text) {
    this.parts.trouble.textContent = text;
  }

  async list() {
    const found = await media.devices();
    const used = Object.fromEntries(this.stream.getTracks().map((one) => [one.kind, one.getSettings().deviceId]));
    const fill = (select, all, chosen) => {
      select.replaceChildren(...all.map((one, place) => new Option(one.label || `Device ${place + 1}`, one.deviceId)));
      if (chosen) select.value = chosen;
      select.closest("label").hidden = all.length < 2;
    };
    fill(this.parts.camera, found.videoinput, used.video);
    fill(this.parts.microphone, found.audioinput, used.audio);
    fill(this.parts.speaker, found.audiooutput, this.parts.speaker.value);
    if (!("setSinkId" in HTMLMediaElement.prototype)) this.parts.speaker.closest("label").hidden = true;
  }
}
