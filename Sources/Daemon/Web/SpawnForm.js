// Fields that follow each other: provider, kind of machine, configuration, environment, images, files, limits.
(() => {
  "use strict";
  const offer = JSON.parse(document.getElementById("multiplespawner-offer").textContent);
  const field = (name) => document.getElementById(`multiplespawner-${name}`);
  const help = (name, text) => { field(`${name}-help`).textContent = text; };

  // Fills a select, and keeps what was chosen where it is still on offer.
  const fill = (select, entries, wanted) => {
    const chosen = entries.find((entry) => entry.value === wanted) || entries.find((entry) => entry.preset) || entries[0];
    select.replaceChildren(...entries.map((entry) => {
      const option = document.createElement("option");
      option.value = entry.value;
      option.textContent = entry.label;
      option.selected = entry === chosen;
      return option;
    }));
  };
  const named = (entries, label) => entries.map((entry) => ({ value: entry.name, label: label(entry) }));
  const find = (entries, name) => entries.find((entry) => entry.name === name) || entries[0];
  const titled = (entry) => entry.displayName;
  const described = (entry) => entry.description || entry.name;
  const plain = (number) => String(Math.round(number * 1000) / 1000);
  const atMost = (limit, unit) => (limit === undefined ? "" : `At most ${plain(limit)}${unit}.`);

  const showProvider = (wanted) => {
    fill(field("provider"), named(offer.providers, titled), wanted.provider);
    showType(wanted);
  };
  const showType = (wanted) => {
    const provider = find(offer.providers, field("provider").value);
    fill(field("resource_type"), named(provider.types, titled), wanted.resource_type);
    showTemplate(wanted);
  };
  const showTemplate = (wanted) => {
    const provider = find(offer.providers, field("provider").value);
    const type = find(provider.types, field("resource_type").value);
    fill(field("template"), named(type.templates, (entry) => entry.name), wanted.template);
    showRest(wanted);
  };
  const showRest = (wanted) => {
    const template = templateChosen();
    help("template", [template.description, template.room && template.room.words].filter(Boolean).join(" – "));
    const icon = field("template-icon");
    icon.hidden = !template.icon;
    if (template.icon) icon.src = template.icon;
    const select = field("deployment");
    if (select) {
      field("deployment-row").hidden = template.deployments.length === 0;
      fill(select, template.deployments.map((entry) => (
        { value: entry.name, label: described(entry), preset: entry.isDefault })), wanted.deployment);
    }
    showMenu(template);
    const limits = template.limits;
    help("memory", atMost(limits.memory && limits.memory / 2 ** 30, " GB"));
    help("cpu", atMost(limits.cpu, ""));
    help("gpu", atMost(limits.gpu, ""));
    const usual = limits.lifetime === undefined ? "" : ` ${plain(limits.lifetime)} when left empty.`;
    help("lifetime", atMost(limits.longestLifetime, "") + usual);
  };
  // Each menu is a part of the page; the one that the choice leads to is shown, and only what is shown is sent.
  const menus = [...document.querySelectorAll("[data-multiplespawner-menu]")];
  const showMenu = (template) => {
    const select = field("deployment");
    const deployment = select && template.deployments.find((entry) => entry.name === select.value);
    const menu = deployment ? deployment.menu : template.menu;
    for (const part of menus) {
      const isShown = menu !== undefined && part.dataset.multiplespawnerMenu === String(menu);
      part.hidden = !isShown;
      part.disabled = !isShown;
    }
  };
  const showImage = (select) => {
    const text = document.getElementById(`${select.id}-help`);
    const option = select.selectedOptions && select.selectedOptions[0];
    if (text) text.textContent = option ? option.title : "";
  };
  const checkFiles = (input) => {
    const files = [...input.files];
    const { mostFiles, mostBytes } = input.dataset;
    const large = mostBytes && files.find((file) => file.size > Number(mostBytes));
    let problem = "";
    if (mostFiles && files.length > Number(mostFiles)) problem = `Choose ${mostFiles} files at most.`;
    if (large) problem = `${large.name} is too large.`;
    input.setCustomValidity(problem);
  };
  for (const part of menus) {
    for (const select of part.querySelectorAll("select[name=select_image]")) {
      // With a script there is always one that is chosen: what is left empty is for pages without.
      for (const option of [...select.options]) if (!option.value) option.remove();
      if ([...select.options].some((option) => option.value === offer.values.select_image)) {
        select.value = offer.values.select_image;
      }
      select.addEventListener("change", () => showImage(select));
      showImage(select);
    }
    for (const input of part.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => checkFiles(input));
    }
  }
  const templateChosen = () => {
    const provider = find(offer.providers, field("provider").value);
    const type = find(provider.types, field("resource_type").value);
    return find(type.templates, field("template").value);
  };

  const chosen = () => Object.fromEntries(["provider", "resource_type", "template", "deployment"]
    .map((name) => [name, field(name) && field(name).value]));

  const templateOf = (wanted) => {
    // A template that is remembered without its place is looked for in all of them.
    for (const provider of offer.providers) {
      if (wanted.provider && provider.name !== wanted.provider) continue;
      for (const type of provider.types) {
        if (wanted.resource_type && type.name !== wanted.resource_type) continue;
        if (type.templates.some((entry) => entry.name === wanted.template)) {
          return { ...wanted, provider: provider.name, resource_type: type.name };
        }
      }
    }
    return wanted;
  };

  field("provider").addEventListener("change", () => showType(chosen()));
  field("resource_type").addEventListener("change", () => showTemplate(chosen()));
  field("template").addEventListener("change", () => showRest(chosen()));
  if (field("deployment")) field("deployment").addEventListener("change", () => showMenu(templateChosen()));
  showProvider(templateOf(offer.values));
})();
