// A block of the page: base64 of zlib in a script element that no browser runs.

// A plain loop: Uint8Array.from with a function takes seconds for a million points.
function decode(base64) {
  if (Uint8Array.fromBase64) {
    return Uint8Array.fromBase64(base64);
  }
  const text = atob(base64);
  const result = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    result[i] = text.charCodeAt(i);
  }
  return result;
}

export async function readBlock(number) {
  const element = document.getElementById(`block-${number}`);
  if (element.textContent === "") {
    return new ArrayBuffer(0);
  }
  const packed = new Blob([decode(element.textContent)]);
  element.remove(); // the text is several times what it holds
  return new Response(packed.stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
}
