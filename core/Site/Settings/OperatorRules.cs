namespace Cloudreve.Core.Site.Settings;

/// <summary>The resources beyond the site itself that a setting reaches on the machine that runs the app.</summary>
public enum SettingReach
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A program that is started.</summary>
    Program,

    /// <summary>Arguments of such a program.</summary>
    ProgramArguments,

    /// <summary>A file that is read as a key.</summary>
    KeyFile,
}

/// <summary>
/// The operator's rules for what the site's settings reach on the machine. Administrators of a site need not be its operators: without a rule
/// their settings start no program and open no file.
/// </summary>
public sealed record OperatorRules
{
    /// <summary>Names or paths of programs, as settings may give them.</summary>
    public IReadOnlySet<string> Programs { get; init; } = new HashSet<string>();

    /// <summary>The words that additional arguments of programs may consist of.</summary>
    public IReadOnlySet<string> ProgramArguments { get; init; } = new HashSet<string>();

    /// <summary>Paths of files with keys.</summary>
    public IReadOnlySet<string> KeyFiles { get; init; } = new HashSet<string>();

    /// <summary>Checks whether a setting may have a value. An empty one reaches nothing.</summary>
    /// <param name="text">The value.</param>
    public bool Allows(Setting setting, string text) => text.Length == 0 || setting.Reach switch
    {
        SettingReach.Program => Programs.Contains(text),
        SettingReach.ProgramArguments => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(ProgramArguments.Contains),
        SettingReach.KeyFile => KeyFiles.Contains(text),
        _ => true,
    };
}
