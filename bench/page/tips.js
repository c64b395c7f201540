// Shows what lies under the pointer, or under a finger: the text in its data-tip.
(() => {
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  document.body.append(tip);
  const show = (event) => {
    const on = event.target.closest('[data-tip]');
    tip.hidden = !on;
    if (!on) return;
    tip.textContent = on.dataset.tip;
    const x = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
    const above = event.clientY + 18 + tip.offsetHeight > innerHeight;
    const y = above ? event.clientY - tip.offsetHeight - 10 : event.clientY + 18;
    tip.style.transform = `translate(${Math.max(x, 8)}px, ${y}px)`;
  };
  addEventListener('pointermove', show);
  addEventListener('pointerdown', show);
  addEventListener('scroll', () => { tip.hidden = true; }, { passive: true });
})();
