namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Maximum number of characters of a text in a JSON body, or of each text of a list or map, where the usual limit (<see cref="BodyBounds"/>)
/// does not fit. Stricter limits may apply to what is stored.
/// </summary>
/// <param name="characters">The bound.</param>
[AttributeUsage(AttributeTargets.Property)]
internal class LongestAttribute(int characters) : Attribute
{
    /// <summary>The bound.</summary>
    public int Characters { get; } = characters;
}
