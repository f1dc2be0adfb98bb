import type { ReactNode } from "react";

interface Props {
  title: string;
  /** Titles of columns; those that begin with # hold figures. */
  columns: readonly string[];
  children: ReactNode;
}

/** A titled table that may be wider than the window. */
export function Sheet({ title, columns, children }: Props) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <div className="scroll-x" tabIndex={0} role="group" aria-label={`Table: ${title}`}>
        <table className="sheet">
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col" className={column.startsWith("#") ? "figure" : undefined}>
                  {column.replace(/^#/, "")}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      </div>
    </section>
  );
}
