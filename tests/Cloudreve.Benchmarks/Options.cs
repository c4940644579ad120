using System.Globalization;

namespace Cloudreve.Benchmarks;

/// <summary>The options behind a benchmark's name.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> _values = [];
    private readonly HashSet<string> _switches = [];

    /// <summary>Reads options; anything else is refused.</summary>
    /// <exception cref="BenchmarkException">An option is unknown or lacks its value.</exception>
    public static Options Parse(IReadOnlyList<string> args, string[] values, string[] switches)
    {
        var result = new Options();
        for (var i = 0; i < args.Count; i++)
        {
            if (switches.Contains(args[i]))
                result._switches.Add(args[i]);
            else if (!values.Contains(args[i]))
                throw new BenchmarkException($"'{args[i]}' is not an option of this benchmark.");
            else if (i + 1 == args.Count)
                throw new BenchmarkException($"{args[i]} needs a value.");
            else
                result._values[args[i]] = args[++i];
        }
        return result;
    }

    public bool Has(string name) => _switches.Contains(name);

    public string? Value(string name) => _values.GetValueOrDefault(name);

    /// <summary>A positive whole number; null when the option is not given.</summary>
    /// <exception cref="BenchmarkException">The value is not one.</exception>
    public int? Number(string name)
    {
        if (Value(name) is not { } text)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new BenchmarkException($"{name} needs a positive number.");
    }
}

/// <summary>A benchmark cannot continue, for the reason in the message.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
