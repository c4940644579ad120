using System.Globalization;

namespace Cloudreve.Dev.Demo;

/// <summary>Shows how far something is: in place on a terminal, as lines elsewhere.</summary>
internal sealed class ProgressBar
{
    private const int Width = 30;
    private string _shown = "";

    /// <summary>Shows a state, unless it is shown already.</summary>
    /// <param name="status">What goes on.</param>
    /// <param name="done">How much is done.</param>
    /// <param name="total">How much there is as far as known.</param>
    public void Show(string status, long done, long total)
    {
        var filled = total > 0 ? (int)Math.Clamp(done * Width / total, 0, Width) : 0;
        var bar = new string('#', filled) + new string('-', Width - filled);
        var text = string.Create(CultureInfo.InvariantCulture, $"[{bar}] {done} of {total} files, {status}");
        if (text == _shown)
            return;
        if (Console.IsOutputRedirected)
            Console.WriteLine(text);
        else
            Console.Write("\r" + text.PadRight(_shown.Length));
        _shown = text;
    }

    /// <summary>Leaves the line.</summary>
    public static void End()
    {
        if (!Console.IsOutputRedirected)
            Console.WriteLine();
    }
}
