namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// How many characters a text of a JSON body may have, or each text of a list or map, where the usual bound (<see cref="BodyBounds"/>) does not
/// fit. What is stored may be bounded more narrowly behind it.
/// </summary>
/// <param name="characters">The bound.</param>
[AttributeUsage(AttributeTargets.Property)]
internal class LongestAttribute(int characters) : Attribute
{
    /// <summary>The bound.</summary>
    public int Characters { get; } = characters;
}
