using System.Text;
using Cloudreve.Core.Drive.Tree;
using CsCheck;

namespace Cloudreve.Core.Tests;

/// <summary>Generators of text, with the characters that break escapes, keys and protocols well represented.</summary>
internal static class UnicodeText
{
    /// <summary>Any Unicode scalar value.</summary>
    public static readonly Gen<Rune> Scalar = Gen.Frequency(
        (4, Gen.Char['a', 'z'].Select(c => new Rune(c))),
        (3, Gen.Char[" %#?&=+:@/\\.'\"*<>|~!()"].Select(c => new Rune(c))),
        (1, Gen.Int[0, 0x1F].Select(i => new Rune(i))),
        (1, Gen.Int[0x7F, 0x9F].Select(i => new Rune(i))),
        (2, Gen.Int[0xF000, 0xF0FF].Select(i => new Rune(i))),
        (2, Gen.Int[0, 0x10FFFF - 0x800].Select(i => new Rune(i < 0xD800 ? i : i + 0x800))));

    private static readonly Gen<Rune> NameScalar = Gen.Frequency(
        (4, Gen.Char['a', 'z'].Select(c => new Rune(c))),
        (3, Gen.Char[" %#?&=+:@.'\"*<>|~!()"].Select(c => new Rune(c))),
        (2, Gen.Int[0xF000, 0xF0FF].Select(i => new Rune(i))),
        (2, Gen.Int[0x4E00, 0x9FFF].Select(i => new Rune(i))),
        (1, Gen.Int[0x1F300, 0x1F5FF].Select(i => new Rune(i))));

    /// <summary>Up to 40 scalar values.</summary>
    public static readonly Gen<string> Text = Scalar.Array[0, 40].Select(Join);

    /// <summary>Path segments: not empty, no slash, no dots alone.</summary>
    public static readonly Gen<string> Segment = Scalar.Array[1, 40].Select(Join).Where(s => !s.Contains('/', StringComparison.Ordinal) && s is not ("." or ".."));

    /// <summary>Names that files may have.</summary>
    public static readonly Gen<string> Name = NameScalar.Array[1, 40].Select(Join).Where(FilePath.IsValidName);

    /// <summary>Any UTF-16 code units, lone surrogates included.</summary>
    public static readonly Gen<string> CodeUnits = Gen.Frequency(
        (3, Gen.Char['!', '~']),
        (1, Gen.Char),
        (1, Gen.Char['\uD800', '\uDFFF'])).Array[0, 30].Select(c => new string(c));

    private static string Join(Rune[] runes) => string.Concat(runes.Select(r => r.ToString()));
}
