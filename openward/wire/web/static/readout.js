// One small label that follows the pointer.
const box = document.createElement("div");
box.className = "readout";
box.hidden = true;
box.setAttribute("aria-hidden", "true");
document.body.append(box);

export const readout = {
  // `place` has clientX and clientY; lines are parted by line breaks.
  show(place, text) {
    box.textContent = text;
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    const left = Math.min(Math.max(place.clientX - width / 2, 6), innerWidth - width - 6);
    const above = place.clientY - height - 14;
    box.style.left = `${left}px`;
    box.style.top = `${above < 6 ? place.clientY + 18 : above}px`;
  },
  hide() {
    box.hidden = true;
  },
};
