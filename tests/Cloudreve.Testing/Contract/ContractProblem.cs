namespace Cloudreve.Testing.Contract;

/// <summary>The point at which a message violates the contract.</summary>
/// <param name="At">The place in the body as a JSON pointer, or what part of the message it is.</param>
/// <param name="Message">A description of the problem.</param>
public sealed record ContractProblem(string At, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{(At.Length == 0 ? "/" : At)}: {Message}";
}
