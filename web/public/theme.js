// Applies the chosen theme before anything is painted; a file of its own because the page allows no inline script.
try {
  const theme = localStorage.getItem('trimtab.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is refused: the system's preference holds.
}
