using System.Globalization;

namespace Cloudreve.Dev.Demo;

/// <summary>Shows progress: in place on a terminal, as lines elsewhere.</summary>
/// <param name="total">Number of files.</param>
internal sealed class ProgressBar(long total)
{
    private const int Width = 30;
    private string _shown = "";

    /// <summary>Shows a state, unless it is already shown.</summary>
    /// <param name="status">The current status.</param>
    /// <param name="done">Number of files that are done.</param>
    public void Show(string status, long done)
    {
        var text = Draw(status, done);
        if (text == _shown)
            return;
        if (Console.IsOutputRedirected)
            Console.WriteLine(text);
        else
            Console.Write("\r" + text.PadRight(_shown.Length));
        _shown = text;
    }

    /// <summary>The bar as text.</summary>
    public string Draw(string status, long done)
    {
        var filled = total > 0 ? (int)Math.Clamp(done * Width / total, 0, Width) : 0;
        var bar = new string('#', filled) + new string('-', Width - filled);
        return string.Create(CultureInfo.InvariantCulture, $"[{bar}] {done} of {total} files, {status}");
    }

    /// <summary>Leaves the line.</summary>
    public static void End()
    {
        if (!Console.IsOutputRedirected)
            Console.WriteLine();
    }
}
