import { HttpClient, type HttpReply, type HttpRequest } from "../../provider/http";

export type Send = (request: HttpRequest) => Promise<HttpReply>;

/** The requests of a stack as they leave it, each of which something may happen to. */
export class Wire extends HttpClient {
  /** How many have left since an operation began. */
  count = 0;
  /** What happens to a request, by its number; `send` sends it. */
  meet: (number: number, request: HttpRequest, send: Send) => Promise<HttpReply> = PASS;

  override exchange(request: HttpRequest): Promise<HttpReply> {
    return this.meet(this.count++, request, (sent) => super.exchange(sent));
  }

  /** Lets all requests pass. */
  reset(): void {
    this.meet = PASS;
  }
}

const PASS = (_number: number, request: HttpRequest, send: Send) => send(request);
