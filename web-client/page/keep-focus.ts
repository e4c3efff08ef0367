/** For `onMouseDown` of buttons: a button that took the focus from a text field would close the soft keyboard. */
export const keepFocus = (event: MouseEvent): void => event.preventDefault()
