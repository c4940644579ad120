using Cloudreve.Core.Infrastructure.Ids;
using CsCheck;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Ids;

public sealed class HashIdCodecTests
{
    private static readonly HashIdCodec Codec = new("salt of this site");
    private static readonly Gen<HashIdKind> AnyKind = Gen.Enum<HashIdKind>();
    private static readonly Gen<long> AnyId = Gen.Frequency((1, Gen.Long[0, 5_000]), (2, Gen.Long[0, (1L << 53) - 1]));

    [Fact]
    public void Given_any_id_when_it_is_encoded_then_it_decodes_as_its_own_kind() =>
        Gen.Select(AnyId, AnyKind).Sample((id, kind) => Codec.TryDecode(Codec.Encode(id, kind), kind, out var decoded) && decoded == id, iter: 5_000);

    [Fact]
    public void Given_any_id_when_it_is_decoded_as_another_kind_then_it_is_refused() =>
        Gen.Select(AnyId, AnyKind, AnyKind).Where((_, kind, other) => kind != other)
            .Sample((id, kind, other) => !Codec.TryDecode(Codec.Encode(id, kind), other, out _), iter: 5_000);

    [Fact]
    public void Given_any_two_ids_when_they_are_encoded_then_the_texts_differ() =>
        Gen.Select(AnyId, AnyKind, AnyId, AnyKind)
            .Sample((a, kindA, b, kindB) => (Codec.Encode(a, kindA) == Codec.Encode(b, kindB)) == ((a, kindA) == (b, kindB)), iter: 5_000);

    [Theory]
    [InlineData(0, HashIdKind.User)]
    [InlineData(0, HashIdKind.Entity)]
    public void Given_the_id_zero_when_it_is_encoded_then_it_has_a_text_like_any_other(long id, HashIdKind kind)
    {
        Assert.NotEmpty(Codec.Encode(id, kind));
        Assert.True(Codec.TryDecode(Codec.Encode(id, kind), kind, out var decoded));
        Assert.Equal(id, decoded);
    }

    [Fact]
    public void Given_a_folder_without_an_id_of_its_own_when_it_is_encoded_then_its_text_leads_nowhere()
    {
        var text = Codec.Encode(-1, HashIdKind.File);

        Assert.NotEmpty(text);
        Assert.False(Codec.TryDecode(text, HashIdKind.File, out _));
    }

    [Theory]
    [InlineData(HashIdKind.Share, 0)]
    [InlineData(HashIdKind.User, 1)]
    [InlineData(HashIdKind.File, 2)]
    [InlineData(HashIdKind.Policy, 5)]
    [InlineData(HashIdKind.SourceLink, 6)]
    [InlineData(HashIdKind.Group, 7)]
    [InlineData(HashIdKind.Entity, 8)]
    [InlineData(HashIdKind.AuditLog, 9)]
    [InlineData(HashIdKind.Node, 10)]
    [InlineData(HashIdKind.Task, 11)]
    [InlineData(HashIdKind.DavAccount, 12)]
    [InlineData(HashIdKind.Payment, 13)]
    public void Given_the_documented_order_of_kinds_when_a_kind_is_read_then_it_has_its_number(HashIdKind kind, int number) =>
        Assert.Equal(number, (int)kind);

    [Fact]
    public void Given_any_garbage_when_it_is_decoded_then_it_is_refused_or_was_encoded_by_us() =>
        Gen.Select(UnicodeText.CodeUnits, AnyKind)
            .Sample((text, kind) => !Codec.TryDecode(text, kind, out var id) || Codec.Encode(id, kind) == text, iter: 20_000);

    [Fact]
    public void Given_any_letters_when_they_are_decoded_then_they_are_refused_or_were_encoded_by_us() =>
        Gen.Select(Gen.Char.AlphaNumeric.Array[1, 40], AnyKind)
            .Sample((text, kind) => !Codec.TryDecode(new string(text), kind, out var id) || (id >= 0 && Codec.Encode(id, kind) == new string(text)), iter: 20_000);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("1")]
    [InlineData("../..")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Given_a_text_that_is_no_id_when_it_is_decoded_then_it_is_refused(string? text)
    {
        Assert.False(Codec.TryDecode(text, HashIdKind.File, out var id));
        Assert.Equal(0, id);
    }

    [Fact]
    public void Given_another_salt_when_an_id_is_decoded_then_it_is_refused_or_another_id()
    {
        var text = Codec.Encode(4711, HashIdKind.File);

        Assert.False(new HashIdCodec("another site").TryDecode(text, HashIdKind.File, out var id) && id == 4711);
    }

    [Fact]
    public void Given_callers_in_parallel_when_they_use_one_codec_then_every_answer_is_right() =>
        Assert.All(
            Enumerable.Range(0, 2_000).AsParallel().Select(i => (i, Ok: Codec.TryDecode(Codec.Encode(i, HashIdKind.File), HashIdKind.File, out var id) && id == i)).ToList(),
            result => Assert.True(result.Ok));
}
