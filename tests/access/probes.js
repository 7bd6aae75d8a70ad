// What a browser can tell of a page by itself: each probe answers with the faults it finds, as short sentences.
// Read by tests/access/checks.py; it is run beside the page, whose policy forbids scripts of its own.
(() => {
  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, audio[controls]";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const box = (el) => el.getBoundingClientRect();
  const style = (el, pseudo) => getComputedStyle(el, pseudo);
  const words = (el) => (el.textContent || "").replace(/\s+/g, " ").trim();
  const shown = (el) => el.checkVisibility({ visibilityProperty: true }) && box(el).width > 0 && box(el).height > 0;
  // Kept for a screen reader alone, or until it is focused.
  const aside = (el) => el.closest(".out-of-sight, .skip-link, thead") !== null && (box(el).width < 3 || el.closest(".skip-link, thead"));
  const called = (el) =>
    `<${el.tagName.toLowerCase()}${el.id ? "#" + el.id : ""}${el.getAttribute("class") ? "." + el.getAttribute("class").replace(/ /g, ".") : ""}> ${words(el).slice(0, 40)}`;

  // What a part is drawn by: its own look and that of the three around it, for a picture its lines.
  const drawn = (el) => `${el.tagName}.${el.getAttribute("class") || ""}[${el.getAttribute("style") || ""}]`;
  const whereabouts = (el) => {
    const around = [el];
    while (around.length < 4 && around.at(-1).parentElement) around.push(around.at(-1).parentElement);
    return `colours of ${document.body.className} ${around.map(drawn).join(" in ")} ${el.tagName === "svg" ? el.innerHTML : ""}`;
  };

  // --- colours (WCAG 2.2, relative luminance and contrast ratio)
  const rgba = (text) => {
    const found = text.match(/[\d.]+/g);
    if (!found) return [0, 0, 0, 0];
    const [r, g, b, a = 1] = found.map(Number);
    return text.startsWith("color(") ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const ground = (el) => {
    const layers = [];
    for (let at = el; at; at = at.parentElement) {
      const colour = rgba(style(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };

  // --- the order of things
  const tabbable = () => {
    const groups = new Set();
    return all(`${CONTROLS}, [tabindex]`).filter((el) => {
      if (el.tabIndex < 0 || el.disabled || !el.checkVisibility({ visibilityProperty: true })) return false;
      if (el.type !== "radio") return true;
      // A group of radio buttons is one stop: the chosen one, or the first.
      const group = el.form ? all(`input[type=radio][name="${CSS.escape(el.name)}"]`, el.form) : [el];
      const stop = group.find((one) => one.checked) || group[0];
      if (groups.has(stop) || el !== stop) return false;
      groups.add(stop);
      return true;
    });
  };

  const LETTERS = { ar: /\p{Script=Arabic}/u, latin: /\p{Script=Latin}/u };
  const SENTENCE = { ar: /\p{Script=Arabic}{2,}/u, latin: /\p{Script=Latin}{3,}[^\p{L}]+\p{Script=Latin}{3,}/u };
  const ISOLATED = "bdi, [dir], code, kbd, svg, style, title, option, textarea";

  const probes = {
    // `names` are proper names, which belong to no language (WCAG 3.1.2).
    language(language, direction, names) {
      const unnamed = (text) => names.reduce((left, name) => left.replaceAll(name, ""), text.replace(/\S+@\S+/g, ""));
      const root = document.documentElement;
      const found = [];
      if (root.lang !== language) found.push(`the page says it is in ${root.lang}`);
      if (root.dir !== direction) found.push(`the page reads ${root.dir}`);
      for (const el of all("[lang]")) {
        const tongue = el.lang;
        try { Intl.getCanonicalLocales(tongue); } catch { found.push(`no such language: ${tongue}`); }
        const reads = /^(ar|fa|ps|ur|he)\b/.test(tongue) ? "rtl" : "ltr";
        if (tongue && el.dir !== "auto" && style(el).direction !== reads) found.push(`${tongue} reads ${style(el).direction}: ${called(el)}`);
      }
      const foreign = language === "ar" ? "latin" : "ar";
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const el = texts.currentNode.parentElement;
        const text = unnamed(texts.currentNode.data).trim();
        const apart = el.closest(ISOLATED);
        if (SENTENCE[foreign].test(text) && !(apart && apart !== root && root.contains(apart)))
          found.push(`${foreign} letters, not told apart: ${text.slice(0, 50)}`);
      }
      for (const el of all("[aria-label], [alt], [placeholder]"))
        for (const name of ["aria-label", "alt", "placeholder"]) {
          const text = el.getAttribute(name) || "";
          if (SENTENCE[foreign].test(text) && (el.closest("[lang]") || root).lang === language) found.push(`${name} in another language: ${text.slice(0, 50)}`);
        }
      return found;
    },

    structure() {
      const found = [];
      const one = (selector, what) => {
        const n = all(selector).filter(shown).length;
        if (n !== 1) found.push(`${n} × ${what}`);
      };
      one("h1", "h1");
      one("main", "main");
      one("body > header", "header");
      if (document.title.trim().length < 4) found.push("no title");
      const skip = document.querySelector("a.skip-link");
      if (!skip || tabbable()[0] !== skip) found.push("the skip link is not the first stop");
      else if (!document.querySelector(skip.hash)) found.push("the skip link leads nowhere");
      if (all("main nav, body > nav, nav").some((nav) => !nav.getAttribute("aria-label") && !nav.getAttribute("aria-labelledby") && all("nav").length > 1))
        found.push("several nav, one without a name");
      // What went wrong stands before the h1, under a title of its own.
      let level = 0;
      for (const el of all("h1, h2, h3, h4, h5, h6").filter((h) => h.checkVisibility() && !h.closest(".error-summary"))) {
        const now = Number(el.tagName[1]);
        if (now > level + 1) found.push(`after h${level} comes ${called(el)}`);
        if (!words(el)) found.push(`an empty ${called(el)}`);
        level = now;
      }
      const ids = all("[id]").map((el) => el.id);
      for (const id of new Set(ids.filter((id, n) => ids.indexOf(id) !== n))) found.push(`id twice: ${id}`);
      return found;
    },

    markup() {
      const found = [];
      for (const el of all("font, center, big, tt, strike, u, basefont, marquee, blink, frame, frameset, noframes, dir, acronym, applet"))
        found.push(`a tag of the past: ${called(el)}`);
      for (const el of all("[align], [bgcolor], [border], [color], [valign], [hspace], [vspace], [face], [background], [accesskey], [style], body [onclick], div[role=button], span[role=button]"))
        found.push(`an attribute that no page needs: ${called(el)}`);
      for (const el of all("[width], [height]")) if (!el.closest("svg, img, video, canvas")) found.push(`size as an attribute: ${called(el)}`);
      for (const el of all("[tabindex]")) if (el.tabIndex > 0) found.push(`tabindex ${el.tabIndex}: ${called(el)}`);
      for (const el of all("script, meta[http-equiv=refresh i], a[target], form[target], base")) found.push(`not here: ${called(el)}`);
      if (document.doctype?.name !== "html" || document.compatMode !== "CSS1Compat") found.push("no doctype");
      if (document.characterSet !== "UTF-8") found.push(document.characterSet);
      if (/user-scalable\s*=\s*(no|0)|maximum-scale/i.test(document.querySelector("meta[name=viewport]")?.content || "")) found.push("zoom is forbidden");
      return found;
    },

    absent() {
      return all("audio:not([controls]), audio[autoplay], video, object, embed, canvas, img[usemap], img[ismap], area, map, noscript, input[type=image], table[role=presentation], [draggable], [contenteditable]")
        .map((el) => `the grid says there is none: ${called(el)}`);
    },

    targets(least) {
      return all(CONTROLS).filter((el) => shown(el) && !aside(el) && !el.disabled).flatMap((el) => {
        const inline = el.tagName === "A" && style(el).display === "inline" && [...el.parentElement.childNodes].some((n) => n !== el && n.nodeType === 3 && n.data.trim().length > 2);
        if (inline) return [];
        const label = el.matches("input[type=radio], input[type=checkbox]") ? el.closest("label") || el : el;
        const { width, height } = box(label);
        return width >= least - 0.5 && height >= least - 0.5 ? [] : [`${width.toFixed(0)} × ${height.toFixed(0)}: ${called(el)}`];
      });
    },

    boundaries() {
      const found = [];
      for (const el of all("input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea, .button, .answer, .door, .choice, .call, .number").filter(shown)) {
        const here = style(el);
        const around = ground(el.parentElement);
        if (here.borderTopStyle === "none" || parseFloat(here.borderTopWidth) === 0) {
          if (el.matches("input, select, textarea")) found.push(`no border: ${called(el)}`);
          continue;
        }
        const best = Math.max(contrast(over(rgba(here.borderTopColor), around), around), contrast(ground(el), around));
        if (best < 3) found.push(`border ${best.toFixed(2)}:1: ${called(el)}`);
      }
      for (const svg of all("svg").filter(shown)) {
        const around = ground(svg);
        const best = Math.max(0, ...all("path, circle, rect, line, polyline, ellipse, polygon", svg).flatMap((shape) => {
          const here = style(shape);
          return [here.stroke, here.fill].filter((paint) => paint !== "none").map((paint) => contrast(over(rgba(paint), around), around));
        }));
        if (svg.childElementCount && best < 3) found.push(`picture ${best.toFixed(2)}:1: ${called(svg.parentElement)}`);
      }
      return found;
    },

    reflow() {
      const found = [];
      const width = innerWidth;
      const wide = document.documentElement.scrollWidth;
      if (wide > width) found.push(`${wide} px at ${width}`);
      for (const el of all("body *")) {
        if (!shown(el) || aside(el) || el.closest("svg, option")) continue;
        const { left, right } = box(el);
        if (left >= -1 && right <= width + 1) continue;
        let held = false;
        for (let at = el.parentElement; at; at = at.parentElement) held ||= /auto|scroll/.test(style(at).overflowX) && at !== document.body;
        if (!held) { found.push(`out of the page (${left.toFixed(0)} to ${right.toFixed(0)} of ${width}): ${called(el)}`); break; }
      }
      return found;
    },

    clipped() {
      return all("body *").filter((el) => {
        const here = style(el);
        if (!shown(el) || aside(el) || box(el).width < 3 || el.matches("input, select, textarea, svg, svg *, .brand-name, .work blockquote")) return false;
        const cuts = (axis) => /hidden|clip/.test(axis);
        return words(el) && ((cuts(here.overflowX) && el.scrollWidth > el.clientWidth + 1) || (cuts(here.overflowY) && el.scrollHeight > el.clientHeight + 1));
      }).map((el) => `text is cut: ${called(el)}`);
    },

    motion() {
      const found = document.getAnimations().map((one) => `moves: ${one.animationName || one.transitionProperty}`);
      for (const el of all("body, body *")) {
        const here = style(el);
        if (here.animationName !== "none") found.push(`animation: ${called(el)}`);
        if (here.transitionDuration.split(",").some((time) => parseFloat(time) > 0)) found.push(`transition: ${called(el)}`);
      }
      return found;
    },

    visual_order() {
      const found = [];
      for (const el of all("body *")) {
        const here = style(el);
        if (here.order && here.order !== "0") found.push(`order ${here.order}: ${called(el)}`);
        if (/reverse/.test(here.flexDirection + here.flexWrap) && /flex/.test(here.display)) found.push(`reversed: ${called(el)}`);
        if (!/grid|flex/.test(here.display)) continue;
        const parts = [...el.children].filter((one) => shown(one) && !aside(one) && style(one).position !== "absolute");
        for (let n = 1; n < parts.length; n++) {
          const [before, after] = [box(parts[n - 1]), box(parts[n])];
          const sameRow = Math.abs(before.top - after.top) < 4;
          const back = here.direction === "rtl" ? after.right > before.right + 1 : after.left < before.left - 1;
          if (after.bottom <= before.top - 1 || (sameRow && back)) found.push(`seen before what it follows: ${called(parts[n])}`);
        }
      }
      return found;
    },

    generated() {
      const said = words(document.body);
      return all("body *").flatMap((el) => ["::before", "::after"].flatMap((pseudo) => {
        const content = style(el, pseudo).content;
        const text = /^"(.*)"$/.exec(content)?.[1] || "";
        return /\p{L}|\p{N}/u.test(text) && !said.includes(text) ? [`only the style says "${text}"`] : [];
      }).concat(/url\(/.test(style(el).backgroundImage) ? [`a picture of the style: ${called(el)}`] : []));
    },

    without_style() {
      const before = words(document.querySelector("main"));
      const sheets = [...document.styleSheets];
      sheets.forEach((sheet) => { sheet.disabled = true; });
      const found = [];
      const h1 = document.querySelector("h1");
      if (!h1 || !h1.checkVisibility()) found.push("no h1 without style");
      if (words(document.querySelector("main")) !== before) found.push("other words without style");
      if (all("main p, main label, main legend, main h2").some((el) => !el.checkVisibility() && !el.closest("details:not([open]), [hidden]"))) found.push("hidden without style");
      sheets.forEach((sheet) => { sheet.disabled = false; });
      return found;
    },

    colour_alone() {
      const found = [];
      for (const el of all("p a[href], li a[href], dd a[href]").filter((a) => shown(a) && style(a).display === "inline")) {
        const among = words(el.parentElement).length > words(el).length + 3;
        if (among && !/underline/.test(style(el).textDecorationLine)) found.push(`a link by its colour alone: ${called(el)}`);
      }
      for (const el of all(".tag, [class^=work-], .legend li, [class*=step-], .error, .flash, .count, .answer").filter(shown))
        if (!words(el)) found.push(`no word beside the colour: ${called(el)}`);
      for (const group of all(".answers, .legend, .doors, .calls, .choices, .staff-nav ul, .languages")) {
        const labels = [...group.children].map(words).filter(Boolean);
        if (new Set(labels).size !== labels.length) found.push(`two labels alike: ${called(group)}`);
      }
      const told = (el) => { const s = style(el); return [s.fontWeight, s.textDecorationLine, s.boxShadow, s.borderBottomWidth, s.borderTopWidth, s.outlineStyle].join(); };
      for (const el of all("[aria-current], .answer-chosen, .step-current").filter(shown)) {
        const others = [...(el.closest("ul, ol, nav, .answers")?.querySelectorAll(el.tagName) || [])].filter((one) => one !== el && shown(one));
        if (others.length && others.every((one) => told(one) === told(el)) && !el.matches("strong, .step-current")) found.push(`told by colour alone: ${called(el)}`);
      }
      return found;
    },

    fields() {
      const found = [];
      const AUTOCOMPLETE = { email: "username|email", password: "current-password|new-password" };
      for (const el of all("input:not([type=hidden]), select, textarea").filter((one) => one.checkVisibility())) {
        const label = el.labels?.[0];
        if (!label || !words(label)) { found.push(`no label that is seen: ${called(el)}`); continue; }
        if (!shown(label) && !el.closest(".filters")) found.push(`its label is not seen: ${called(el)}`);
        if (el.matches("[type=radio]") && !words(el.closest("fieldset")?.querySelector("legend") || document.createElement("i"))) found.push(`no legend: ${called(el)}`);
        const wish = AUTOCOMPLETE[el.type];
        if (wish && el.closest("form[action*='sign-in'], form[action*='password'], form[action*='invitations']") && !new RegExp(wish).test(el.autocomplete)) found.push(`no autocomplete: ${called(el)}`);
        if (el.placeholder) found.push(`a placeholder instead of a hint: ${called(el)}`);
        const near = box(label), here = box(el);
        if (el.type !== "radio" && el.type !== "checkbox" && here.top - near.bottom > 320) found.push(`its label is far away: ${called(el)}`);
      }
      for (const el of all("form")) if (!el.querySelector("button, input[type=submit]")) found.push(`no button: ${called(el)}`);
      for (const el of all("button, .button").filter(shown)) if (!words(el)) found.push(`no words: ${called(el)}`);
      for (const el of all("[aria-describedby], [aria-labelledby]"))
        for (const id of `${el.getAttribute("aria-describedby") || ""} ${el.getAttribute("aria-labelledby") || ""}`.trim().split(/\s+/))
          if (!words(document.getElementById(id) || document.createElement("i"))) found.push(`points to nothing (${id}): ${called(el)}`);
      return found;
    },

    faults_told(prefix) {
      const summary = document.querySelector(".error-summary");
      if (!summary) return ["no summary of what went wrong"];
      const found = [];
      if (document.activeElement !== summary) found.push("the summary has not the focus");
      if (!document.title.startsWith(prefix)) found.push(`the title does not begin with ${prefix}`);
      if (!all("a", summary).length) found.push("the summary leads nowhere");
      for (const link of all("a", summary)) {
        const at = document.getElementById(decodeURIComponent(link.hash.slice(1)));
        if (!at) { found.push(`leads nowhere: ${link.hash}`); continue; }
        const control = at.matches("input, select, textarea, button") ? at : at.querySelector("input:not([type=hidden]), select, textarea, button");
        if (!control) { found.push(`leads to no field: ${link.hash}`); continue; }
        if (words(link).split(" ").length < 3) found.push(`says too little: ${words(link)}`);
        const wrong = control.closest("[aria-invalid=true], fieldset") || control;
        const ids = [wrong, control].flatMap((el) => (el.getAttribute("aria-describedby") || "").split(/\s+/)).filter(Boolean);
        if (!ids.some((id) => words(document.getElementById(id) || summary.parentElement.appendChild(document.createElement("i"))).includes(words(link).replace(/^.*? ?: /, "")))) found.push(`its field does not say so: ${words(link)}`);
      }
      return found;
    },

    lists() {
      const found = [];
      for (const table of all("table")) {
        if (!table.querySelector("th")) found.push(`a table without heads: ${called(table)}`);
        if (!table.caption && !table.closest(".guide") && !table.getAttribute("aria-label") && !table.getAttribute("aria-labelledby")) found.push(`a table without a name: ${called(table)}`);
        for (const th of all("th", table)) if (!th.scope && words(th)) found.push(`no scope: ${called(th)}`);
      }
      for (const el of all("p, div").filter((one) => !one.children.length && /^\s*([-•*–]|\d+[.)])\s+\S/.test(one.textContent)))
        found.push(`a list made by hand: ${called(el)}`);
      if (all("br + br").length) found.push("room made by line breaks");
      for (const el of all("p, h1, h2, h3, li, span, strong")) if (!el.children.length && /\S( |\u00a0| ){1}\S( |\u00a0)\S( |\u00a0)\S( |\u00a0)\S\b/.test(el.textContent) && /^(\S )+\S$/.test(words(el)) && words(el).length > 6) found.push(`letters set apart by spaces: ${called(el)}`);
      return found;
    },
  };

  // What a check does to a page, or asks it between two keys.
  let stops = [];
  let walked = [];
  const steps = {
    text_size(factor) {
      const root = document.documentElement;
      root.style.fontSize = "";
      if (factor > 1) root.style.fontSize = `${parseFloat(style(root).fontSize) * factor}px`;
    },
    spacing(on) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important; } p { margin-block-end: 2em !important; }`);
      document.adoptedStyleSheets = on ? [sheet] : [];
    },
    count() {
      stops = tabbable();
      return stops.length;
    },
    set_out() {
      stops[0].focus();
      walked = [stops[0]];
      document.addEventListener("focusin", (event) => { if (event.target !== walked.at(-1)) walked.push(event.target); });
    },
    astray() {
      return stops.flatMap((stop, n) => walked[n] === stop ? [] : [`stop ${n + 1} is ${walked[n] ? called(walked[n]) : "none"} instead of ${called(stop)}`]).slice(0, 3);
    },
    kinds() {
      stops = tabbable();
      return stops.map((el, n) => [n, `${document.body.className} ${el.tagName} ${el.type || ""} ${el.getAttribute("class") || ""} ${el.closest("[class*=bar], footer, nav, .languages")?.className || ""}`]);
    },
    leave() { document.activeElement?.blur(); },
    enter(at) { stops[at].focus({ preventScroll: true, focusVisible: true }); },
    box(at) {
      const el = stops[at];
      if (el.matches(".skip-link")) el.focus();
      el.scrollIntoView({ block: "center" });
      const { x, y, width, height } = box(el);
      return { x, y, width, height, called: called(el) };
    },
    skip() {
      document.activeElement?.blur();
      document.querySelector(".skip-link")?.focus();
    },
    is_inside() { return document.activeElement?.closest("main") !== null; },
    pictures() {
      return all("svg, button, .button, [aria-current], h1, .tag, .error, label, a")
        .filter((el) => el.checkVisibility() && !el.closest(".skip-link, .out-of-sight, .qr, .code-card, thead"))
        .filter((el) => el.tagName !== "svg" || [...el.children].some((one) => box(one).width >= 1))
        .map((el) => ({ x: box(el).x + scrollX, y: box(el).y + scrollY, width: box(el).width, height: box(el).height, called: called(el), kind: whereabouts(el) }))
        .filter((at) => at.width > 4 && at.height > 4);
    },
  };
  window.probes = probes;
  window.steps = steps;
})();
