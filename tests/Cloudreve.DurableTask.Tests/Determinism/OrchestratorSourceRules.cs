using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cloudreve.DurableTask.Tests.Determinism;

/// <summary>
/// Finds in C# sources what an orchestrator must not do: read a clock, make random values, leave its thread, wait for anything but
/// its context, or do I/O. It reads the syntax alone: names are taken for the types of .NET that bear them.
/// </summary>
internal static class OrchestratorSourceRules
{
    private static readonly string[] s_orchestratorBases = ["TaskOrchestrator"];

    // Types that an orchestrator has no use for at all.
    private static readonly HashSet<string> s_types = new(StringComparer.Ordinal)
    {
        "Random", "RandomNumberGenerator", "Stopwatch", "TimeProvider", "Environment", "Thread", "ThreadPool", "Parallel", "Timer", "PeriodicTimer",
        "Process", "Console", "File", "FileInfo", "FileStream", "Directory", "DirectoryInfo", "StreamReader", "StreamWriter", "HttpClient", "Socket",
        "TcpClient", "Dns", "BlobContainer", "MessageQueue", "StorageAccount", "StorageLayout", "Table", "SemaphoreSlim", "ThreadLocal", "AsyncLocal",
    };

    // Members of types that are fine otherwise.
    private static readonly HashSet<(string Type, string Member)> s_members =
    [
        ("DateTime", "Now"), ("DateTime", "UtcNow"), ("DateTime", "Today"), ("DateTimeOffset", "Now"), ("DateTimeOffset", "UtcNow"),
        ("Guid", "NewGuid"), ("Guid", "CreateVersion7"),
        ("Task", "Run"), ("Task", "Delay"), ("Task", "Yield"), ("Task", "Factory"), ("Task", "WaitAll"), ("Task", "WaitAny"), ("Task", "WhenEach"),
    ];

    // Members of whatever they are called on.
    private static readonly HashSet<string> s_calls = new(StringComparer.Ordinal) { "ConfigureAwait", "ContinueWith", "WaitAsync", "GetAwaiter", "CancelAsync", "CancelAfter" };

    /// <summary>Every breach, as <c>class: code</c>.</summary>
    /// <param name="sources">All files that orchestrators and their base classes are in.</param>
    public static IReadOnlyList<string> Breaches(params IEnumerable<string> sources) =>
        [.. Orchestrators(sources).SelectMany(c => c.DescendantNodes().Where(IsForbidden).Select(n => $"{c.Identifier.Text}: {n}"))];

    /// <summary>The classes that derive from <c>TaskOrchestrator</c>, also by way of others.</summary>
    /// <param name="sources">All files.</param>
    public static IReadOnlyList<ClassDeclarationSyntax> Orchestrators(params IEnumerable<string> sources)
    {
        var classes = sources.SelectMany(s => CSharpSyntaxTree.ParseText(s).GetRoot().DescendantNodes().OfType<ClassDeclarationSyntax>()).ToList();
        var bases = new HashSet<string>(s_orchestratorBases, StringComparer.Ordinal);
        var found = new List<ClassDeclarationSyntax>();
        while (classes.Find(c => !found.Contains(c) && BaseNames(c).Any(bases.Contains)) is { } next)
        {
            found.Add(next);
            // Parts of a partial class need not repeat the base.
            found.AddRange(classes.Where(c => c != next && c.Identifier.Text == next.Identifier.Text && !found.Contains(c)));
            bases.Add(next.Identifier.Text);
        }
        return found;
    }

    private static IEnumerable<string> BaseNames(ClassDeclarationSyntax declared) =>
        declared.BaseList?.Types.Select(t => RightmostName(t.Type)) ?? [];

    private static bool IsForbidden(SyntaxNode node) => node switch
    {
        MemberAccessExpressionSyntax access => IsForbiddenAccess(access),
        ObjectCreationExpressionSyntax created => s_types.Contains(RightmostName(created.Type)),
        VariableDeclarationSyntax declared => s_types.Contains(RightmostName(declared.Type)),
        ParameterSyntax { Type: { } type } => s_types.Contains(RightmostName(type)),
        ForEachStatementSyntax each => each.AwaitKeyword.IsKind(SyntaxKind.AwaitKeyword),
        LockStatementSyntax => true,
        _ => false,
    };

    private static bool IsForbiddenAccess(MemberAccessExpressionSyntax access)
    {
        var member = access.Name.Identifier.Text;
        var type = RightmostName(access.Expression);
        return s_calls.Contains(member) || s_members.Contains((type, member)) || s_types.Contains(type);
    }

    private static string RightmostName(SyntaxNode node) => node switch
    {
        SimpleNameSyntax simple => simple.Identifier.Text,
        QualifiedNameSyntax qualified => RightmostName(qualified.Right),
        MemberAccessExpressionSyntax access => RightmostName(access.Name),
        AliasQualifiedNameSyntax alias => RightmostName(alias.Name),
        NullableTypeSyntax nullable => RightmostName(nullable.ElementType),
        _ => "",
    };
}
