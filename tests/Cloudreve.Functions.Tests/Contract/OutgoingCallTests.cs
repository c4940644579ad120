using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Xunit;

namespace Cloudreve.Functions.Tests.Contract;

/// <summary>Tests that nothing calls other servers or starts programs except through the code that checks it.</summary>
public sealed class OutgoingCallTests
{
    private static readonly Assembly[] s_assemblies =
        [typeof(CloudreveException).Assembly, typeof(StorageAccount).Assembly, typeof(HttpFunction).Assembly, Assembly.Load("Cloudreve.Orchestrations")];

    private static readonly Type[] s_callers =
        [typeof(HttpClient), typeof(HttpMessageInvoker), typeof(SocketsHttpHandler), typeof(HttpClientHandler), typeof(Socket), typeof(TcpClient), typeof(UdpClient)];

    [Fact]
    public void Given_all_code_when_it_makes_clients_of_other_servers_then_a_guard_or_operator_allows_them() => Assert.Equal(
        // Storage and key vault are app settings.
        [
            "Cloudreve.AzureStorage.Pipeline.Connections",
            "Cloudreve.AzureStorage.Search.SearchTextIndex",
            "Cloudreve.AzureStorage.Secrets.VaultSecret",
            "Cloudreve.Core.Infrastructure.Outgoing.OutgoingGuard",
            "Cloudreve.Core.Infrastructure.Outgoing.OutgoingHttp",
        ],
        UsersOf(member => member is ConstructorInfo made && s_callers.Contains(made.DeclaringType)));

    [Fact]
    public void Given_all_code_when_programs_are_started_then_one_place_does_it() => Assert.Equal(
        ["Cloudreve.Core.Content.Thumbnails.Programs.ExternalProgram"], UsersOf(member => member.DeclaringType == typeof(Process) && member.Name == nameof(Process.Start)));

    private static IEnumerable<string> UsersOf(Func<MemberInfo, bool> isWanted) => UsedMembers.MethodsOf(s_assemblies)
        .Where(method => UsedMembers.Of(method).Any(isWanted)).Select(method => OutermostOf(method.DeclaringType!).FullName!).Distinct().Order(StringComparer.Ordinal);

    private static Type OutermostOf(Type type) => type.DeclaringType is { } outer ? OutermostOf(outer) : type;
}
