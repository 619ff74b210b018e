"""A small office program in a real window: a text field, a button that is a picture, and what came of it.

`python order_form.py FILE [TITLE]`: the button books what stands in the field, shows it, puts it into the clipboard and
writes it to FILE. Escape clears the field, Ctrl+Shift+B books too. A star in the title says that something was typed.
"""

import sys
from pathlib import Path

SIDE = 40
GREEN, WHITE, DARK = (20, 140, 60), (255, 255, 255), (20, 40, 30)
BACKGROUND = "#eeeeee"


def pixels() -> list[list[tuple[int, int, int]]]:
    """The button's picture, row by row: a white tick on green with a dark edge."""
    return [[_pixel(x, y) for x in range(SIDE)] for y in range(SIDE)]


def _pixel(x: int, y: int) -> tuple[int, int, int]:
    if min(x, y, SIDE - 1 - x, SIDE - 1 - y) < 3:
        return DARK
    falls = 8 <= x <= 17 and abs(y - (x + 12)) < 3
    rises = 17 <= x <= 32 and abs(y - (46 - x)) < 3
    return WHITE if falls or rises else GREEN


def main(result: Path, title: str) -> None:
    """Show the window until it is closed."""
    import tkinter as tk  # noqa: PLC0415 - the picture is read on machines whose Python has no Tk, too

    root = tk.Tk(className="OrderForm")
    root.title(title)
    root.configure(background=BACKGROUND)
    root.geometry("480x220+120+90")
    # As everywhere but in Tk.
    root.event_delete("<<LineStart>>", "<Control-a>")
    root.event_add("<<SelectAll>>", "<Control-a>")
    typed = tk.StringVar()
    typed.trace_add("write", lambda *_: root.title(f"{title} *"))
    field = tk.Entry(root, width=40, font=("TkFixedFont", 12), textvariable=typed)
    field.pack(padx=20, pady=20)
    said = tk.Entry(root, width=40, font=("TkFixedFont", 12), readonlybackground=BACKGROUND)
    picture = tk.PhotoImage(width=SIDE, height=SIDE)
    picture.put(
        " ".join("{" + " ".join("#{:02x}{:02x}{:02x}".format(*pixel) for pixel in row) + "}" for row in pixels())
    )

    def book(_event: object = None) -> None:
        text = f"Booked: {field.get()}"
        said.delete(0, "end")
        said.insert(0, text)
        said.focus_set()
        root.title(f"{title} - booked")
        root.clipboard_clear()
        root.clipboard_append(text)
        with result.open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    tk.Button(root, image=picture, command=book, borderwidth=0, highlightthickness=0).pack()
    said.pack(padx=20, pady=20)
    root.bind("<Escape>", lambda _event: field.delete(0, "end"))
    root.bind("<Control-Shift-B>", book)
    # Only now does what is typed arrive.
    field.bind("<FocusIn>", lambda _event: result.touch())
    field.focus_set()
    root.mainloop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "Order 17")
