using System.Globalization;

namespace Orchestrator.Silo.StoreCommands;

/// <summary>Shows how far a command has come: a bar on a terminal, a line every tenth elsewhere.</summary>
internal sealed class StoreProgress(TextWriter to, bool terminal)
{
    private const int Width = 30;
    private string _what = "";
    private long _total, _done;
    private int _shown = -1;

    public void Begin(string what, long total)
    {
        End();
        (_what, _total, _done, _shown) = (what, total, 0, -1);
    }

    public void Advance(int rows)
    {
        _done += rows;
        var percent = _total <= 0 ? 100 : (int)Math.Min(100, _done * 100 / _total);
        if (terminal && percent != _shown)
        {
            var bar = percent * Width / 100;
            to.Write(string.Create(CultureInfo.InvariantCulture, $"\r{_what,-10} [{new string('#', bar)}{new string('.', Width - bar)}] {percent,3} %  {_done:N0}"));
            _shown = percent;
        }
        else if (!terminal && percent / 10 != _shown / 10)
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_what}: {_done:N0} of {_total:N0}"));
            _shown = percent;
        }
    }

    public void End()
    {
        if (terminal && _shown >= 0)
        {
            to.WriteLine();
        }
        _shown = -1;
    }

    public void Say(string line)
    {
        End();
        to.WriteLine(line);
    }
}
