// Blurhash to colours: what a picture looks like before it is there, or before somebody wants to see it.
// The format: https://github.com/woltapp/blurhash/blob/master/Algorithm.md

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

const number = (text) => [...text].reduce((sum, digit) => sum * 83 + DIGITS.indexOf(digit), 0);
const toLinear = (value) => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
};
const toByte = (value) => {
  const part = Math.min(1, Math.max(0, value));
  return Math.round(255 * (part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055));
};
const signedSquare = (value) => Math.sign(value) * value * value;

export function decode(hash, width, height) {
  const sizes = number(hash[0]);
  const across = (sizes % 9) + 1;
  const down = Math.floor(sizes / 9) + 1;
  if (hash.length !== 4 + 2 * across * down) return null;
  const largest = (number(hash[1]) + 1) / 166;
  const colours = [];
  for (let i = 0; i < across * down; i++) {
    if (i === 0) {
      const value = number(hash.slice(2, 6));
      colours.push([toLinear(value >> 16), toLinear((value >> 8) & 255), toLinear(value & 255)]);
    } else {
      const value = number(hash.slice(4 + i * 2, 6 + i * 2));
      colours.push([Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19].map((part) => signedSquare((part - 9) / 9) * largest));
    }
  }
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sum = [0, 0, 0];
      for (let j = 0; j < down; j++) {
        for (let i = 0; i < across; i++) {
          const basis = Math.cos((Math.PI * x * i) / width) * Math.cos((Math.PI * y * j) / height);
          const colour = colours[i + j * across];
          for (let channel = 0; channel < 3; channel++) sum[channel] += colour[channel] * basis;
        }
      }
      pixels.set([toByte(sum[0]), toByte(sum[1]), toByte(sum[2]), 255], 4 * (x + y * width));
    }
  }
  return pixels;
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    const pixels = decode(target.dataset.blurhash, target.width, target.height);
    if (pixels) target.getContext("2d").putImageData(new ImageData(pixels, target.width, target.height), 0, 0);
  }
}, { rootMargin: "200px" });

export function paintBlurs(root) {
  for (const canvas of root.querySelectorAll("canvas[data-blurhash]")) {
    if (canvas.dataset.blurhash) seen.observe(canvas);
  }
}
