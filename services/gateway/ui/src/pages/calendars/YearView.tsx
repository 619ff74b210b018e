import classes from "./Calendar.module.css";
import { isWeekend, layOut, spellDay } from "./months";
import type { CalendarDay } from "./queries";

/** A year at a glance: days without a run are struck and darker, each with its reason on hover. */
export function YearView({ days }: { days: readonly CalendarDay[] }) {
  const today = new Date().toLocaleDateString("sv-SE");
  return (
    <div className={classes["year"]}>
      {layOut(days).map((month) => (
        <section key={month.name} aria-label={month.name}>
          <h3>{month.name}</h3>
          <ol className={classes["month"]}>
            {month.days.map((day, index) => {
              const words = `${spellDay(day.date)}: ${day.allowed ? "runs" : "does not run"}. ${day.because}`;
              return (
                <li
                  key={day.date}
                  title={words}
                  data-off={!day.allowed || undefined}
                  data-weekend={isWeekend(day.date) || undefined}
                  aria-current={day.date === today ? "date" : undefined}
                  style={index === 0 ? { gridColumnStart: month.before + 1 } : undefined}
                >
                  <span aria-hidden="true">{Number(day.date.slice(8))}</span>
                  <span className="vh">{words}</span>
                </li>
              );
            })}
          </ol>
        </section>
      ))}
    </div>
  );
}
