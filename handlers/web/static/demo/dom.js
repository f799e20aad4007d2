// Elements from values. Text is set as text, never as HTML: what people say is shown as they said it.

export const $ = (id) => document.getElementById(id);

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export function announce(text) {
  $("said").textContent = text;
}

export function clock(iso) {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

export function fault(id, error) {
  const box = $(id);
  box.hidden = !error;
  box.textContent = error ? error.message : "";
}

// A form that sends once at a time and says what went wrong beside itself.
export async function busy(form, faultId, work) {
  if (form.getAttribute("aria-busy") === "true") return null;
  form.setAttribute("aria-busy", "true");
  fault(faultId, null);
  try {
    return await work();
  } catch (error) {
    fault(faultId, error);
    return null;
  } finally {
    form.removeAttribute("aria-busy");
  }
}
