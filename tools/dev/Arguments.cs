namespace Cloudreve.Dev;

/// <summary>The options after a command's name.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];
    private readonly HashSet<string> _switches = [];

    /// <summary>Reads options; anything else is refused.</summary>
    /// <param name="args">The words behind the command.</param>
    /// <param name="values">Options that take a value.</param>
    /// <param name="switches">Options without one.</param>
    /// <exception cref="CommandException">An option is unknown or lacks its value.</exception>
    public static Arguments Parse(IReadOnlyList<string> args, string[] values, string[] switches)
    {
        var result = new Arguments();
        for (var i = 0; i < args.Count; i++)
        {
            if (switches.Contains(args[i]))
                result._switches.Add(args[i]);
            else if (!values.Contains(args[i]))
                throw new CommandException($"'{args[i]}' is not an option of this command.");
            else if (i + 1 == args.Count)
                throw new CommandException($"{args[i]} needs a value.");
            else
                result._values[args[i]] = args[++i];
        }
        return result;
    }

    /// <summary>Checks whether a switch was given.</summary>
    public bool Has(string name) => _switches.Contains(name);

    /// <summary>An option's value, or null.</summary>
    public string? Value(string name) => _values.GetValueOrDefault(name);
}
