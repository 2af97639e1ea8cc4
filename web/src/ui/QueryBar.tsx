import { useEffect, useState } from 'preact/hooks';

interface Props {
  query: string;
  label: string;
  examples: readonly string[];
  onRun: (query: string) => void;
}

/** The query, as it is being typed until it is run. */
export function QueryBar({ query, label, examples, onRun }: Props) {
  const [draft, setDraft] = useState(query);
  useEffect(() => setDraft(query), [query]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      onRun(draft);
    }
  };
  return (
    <form
      class="query"
      onSubmit={(event) => {
        event.preventDefault();
        onRun(draft);
      }}
    >
      <label class="visually-hidden" for="query">{label}</label>
      <textarea
        id="query"
        data-testid="query"
        rows={Math.min(6, draft.split('\n').length)}
        spellcheck={false}
        autocomplete="off"
        placeholder={label}
        value={draft}
        onInput={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button type="submit" class="primary" data-testid="run">Run</button>
      <div class="examples">
        {examples.map((example) => (
          <button type="button" key={example} onClick={() => onRun(example)}>{example}</button>
        ))}
      </div>
    </form>
  );
}
