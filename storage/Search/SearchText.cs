namespace Cloudreve.AzureStorage.Search;

/// <summary>A text to be searched.</summary>
/// <param name="Key">Identifies it, and replaces what has the same key: letters, digits, hyphens and underscores.</param>
/// <param name="Owner">Whose searches find it.</param>
/// <param name="At">When it was written.</param>
/// <param name="Text">The text.</param>
public sealed record SearchText(string Key, long Owner, DateTimeOffset At, string Text);
