import { useEffect, useRef, type RefObject } from "react";
import { axisHeight } from "./paint";

export interface WheelMoves {
  zoom: (share: number, factor: number) => void;
  pan: (share: number) => void;
}

/** One notch of a mouse wheel is about 100 and takes a third of the time away. */
const zoomPerPixel = 0.004;

/**
 * Shift+wheel or a pinch zooms, sideways or on the axis it pans, and all else scrolls the lanes. React cannot keep the
 * browser from scrolling here, because it listens to wheels passively.
 */
export function useWheel(canvas: RefObject<HTMLCanvasElement | null>, moves: WheelMoves): void {
  const latest = useRef(moves);
  useEffect(() => {
    latest.current = moves;
  });
  useEffect(() => {
    const turned = canvas.current;
    if (turned === null) return;
    const turn = (event: WheelEvent) => {
      const { left, top, width } = turned.getBoundingClientRect();
      // Browsers turn a wheel with Shift into a sideways one; a pinch comes as a wheel with Ctrl.
      const by = event.deltaY === 0 ? event.deltaX : event.deltaY;
      if (event.shiftKey || event.ctrlKey) {
        latest.current.zoom((event.clientX - left) / Math.max(1, width), Math.exp(by * zoomPerPixel));
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.clientY - top < axisHeight) {
        latest.current.pan(by / Math.max(1, width));
      } else {
        return;
      }
      event.preventDefault();
    };
    turned.addEventListener("wheel", turn, { passive: false });
    return () => {
      turned.removeEventListener("wheel", turn);
    };
  }, [canvas]);
}
