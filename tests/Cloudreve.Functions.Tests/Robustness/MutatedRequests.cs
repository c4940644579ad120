using System.Text;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>Damages valid requests in random ways, several at once. The same seed makes the same requests.</summary>
internal static class MutatedRequests
{
    private const int PerEndpoint = 60;

    private static readonly string[] s_fragments =
        ["{", "}", "[", "]", "\"", ",", ":", "null", "-", "1e999", "\\u0000", "\\ud800", "\u202e", "cloudreve://", "../", "%", "%2f", "{\"a\":", "9223372036854775808"];

    /// <summary>Damaged variants of a request.</summary>
    /// <param name="valid">A request that its endpoint understands.</param>
    /// <param name="seed">Decides about the damage.</param>
    public static IEnumerable<HostileRequest> Of(HostileRequest valid, string seed)
    {
        // Not for security: the damage has to be the same in each run.
#pragma warning disable CA5394
        var random = new Random(seed.Aggregate(17, (hash, c) => unchecked((hash * 31) + c)));
        for (var number = 0; number < PerEndpoint; number++)
        {
            var damagesBody = valid.Body is not null && random.Next(4) > 0;
            yield return damagesBody
                ? valid with { Fault = $"damaged body {number}", Body = Damage(valid.Body!, random) }
                : valid with { Fault = $"random query {number}", PathAndQuery = valid.PathAndQuery + Query(valid, random) };
        }
    }

    private static byte[] Damage(byte[] body, Random random)
    {
        var bytes = body.ToList();
        for (var times = random.Next(1, 5); times > 0; times--)
        {
            var place = random.Next(bytes.Count + 1);
            switch (random.Next(4))
            {
                case 0 when place < bytes.Count:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(place, random.Next(bytes.Count - place + 1));
                    break;
                case 2:
                    bytes.InsertRange(place, bytes.Take(random.Next(bytes.Count + 1)).ToList());
                    break;
                default:
                    bytes.InsertRange(place, Encoding.UTF8.GetBytes(s_fragments[random.Next(s_fragments.Length)]));
                    break;
            }
        }
        return [.. bytes];
    }

    // Documented names with escaped bytes for values, and names that nobody documented.
    private static string Query(HostileRequest valid, Random random)
    {
        string[] names = ["uri", "page", "page_size", "order_by", "next_page_token", "id", "zz"];
        var pairs = Enumerable.Range(0, random.Next(1, 6)).Select(_ =>
            $"{names[random.Next(names.Length)]}={string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => $"%{random.Next(256):x2}"))}").ToList();
        return (valid.PathAndQuery.Contains('?', StringComparison.Ordinal) ? "&" : "?") + string.Join('&', pairs);
    }
#pragma warning restore CA5394
}
