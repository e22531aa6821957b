// @ts-check
// The meter's face: its display and the LED L2.

import { make, put } from "./dom.js";

/** A face in a part of a page. */
export class Face {
  /** @param {HTMLElement} at which it fills */
  constructor(at) {
    at.classList.add("face");
    this.lcd = make("p", "", "lcd");
    this.lcd.id = "lcd";
    this.lamp = make("span", "", "lamp");
    this.lamp.setAttribute("aria-hidden", "true");
    this.said = make("span", "L2");
    const display = make("div", "", "display"), led = make("p", "", "led");
    display.append(make("p", "Display", "label"), this.lcd);
    led.append(this.lamp, this.said);
    at.replaceChildren(display, led);
  }

  /** @param {string} text of the display @param {boolean} off without power both are dark @param {boolean} lit whether L2 is on */
  draw(text, off, lit) {
    put(this.lcd, text || "\u00a0");
    this.lcd.classList.toggle("dark", off || text === "");
    this.light(lit && !off);
  }

  /** @param {boolean} lit */
  light(lit) {
    this.lamp.classList.toggle("on", lit);
    put(this.said, `L2 ${lit ? "on" : "off"}`);
  }
}
